"""What can be wrong with a request's path, told to the person who wrote it.

ValueError
├── OptionsError    the options cannot be understood; knows the place of the fault
└── PathError       the path is not `/username/options/source-url`
    └── UsernameError    no account could have the name that stands first

Whatever is repeated from the request is made printable ASCII first, so that a message can go into
a header, a log line or a terminal, and the marker stands under the right column.
"""

# As much of a requester's word as a sentence can bear.
_MAX_QUOTED_CHARACTERS = 60


class OptionsError(ValueError):
    """The options of a request cannot be understood, or contradict what a picture can be.

    `code` is stable. `text` holds the options as they were read, made printable, and is empty when
    the options were not written as text; `span` are the offsets of the fault in it (end exclusive).
    """

    def __init__(
        self,
        message: str,
        *,
        text: str = "",
        span: tuple[int, int] = (0, 0),
        code: str = "options_unreadable",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = printable(text)
        self.span = span
        self.code = code

    def __str__(self) -> str:
        if not self.text:
            return self.message
        start, end = self.span
        marker = " " * start + "^" * max(1, end - start)
        return f"{self.message}\n    {self.text}\n    {marker}"


class PathError(ValueError):
    """The path of a request does not name an account, options and a source URL."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class UsernameError(PathError):
    """The first segment is missing, reserved, or nothing that could name an account."""


def printable(text: str) -> str:
    """`text` with every character but printable ASCII replaced by `?`, one for one."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)


def quoted(text: str) -> str:
    """`text` as a message may repeat it: printable, between quotes, never long."""
    shown = printable(text)
    if len(shown) > _MAX_QUOTED_CHARACTERS:
        shown = shown[:_MAX_QUOTED_CHARACTERS] + "..."
    return f'"{shown}"'
