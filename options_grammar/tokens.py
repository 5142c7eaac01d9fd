"""Cuts an options text into items at its commas, and remembers where each stood.

Knows nothing of what an item means. Some clients escape more than they must, so `%2C` and `%3D`
serve for `,` and `=`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMA = re.compile(r",|%2C", re.IGNORECASE)
_EQUALS = re.compile(r"=|%3D", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One item. `written` is what stands in the request, `text` the same in the grammar's case.

    `start`, `value_start` and `end` are offsets in the whole options text; `value_start` equals
    `start` where there is no value. `has_blanks` tells of spaces around it, which are in none of
    these; `is_folded` marks one made from several items.
    """

    written: str
    text: str
    start: int
    value_start: int
    end: int
    has_blanks: bool = False
    is_folded: bool = False

    @property
    def key(self) -> str:
        return self.text.partition("=")[0]

    @property
    def value(self) -> str:
        return self.text.partition("=")[2]


def split(text: str) -> Iterator[Token]:
    """Every item of `text` in order, empty ones too."""
    start = 0
    for comma in _COMMA.finditer(text):
        yield _token(text, start, comma.start())
        start = comma.end()
    yield _token(text, start, len(text))


def _token(text: str, start: int, end: int) -> Token:
    """The item between `start` and `end`."""
    written = text[start:end].strip(" ")
    has_blanks = len(written) < end - start
    if has_blanks:
        start = text.index(written, start)
    equals = _EQUALS.search(written)
    return Token(
        written=written,
        text=_lowered(written, equals),
        start=start,
        value_start=start if equals is None else start + equals.end(),
        end=start + len(written),
        has_blanks=has_blanks,
    )


def _lowered(written: str, equals: re.Match[str] | None) -> str:
    if not written.isascii():
        return written  # nothing of ours, and str.lower() may change its length
    if equals is None:
        return written.lower()
    return f"{written[: equals.start()]}={written[equals.end() :]}".lower()
