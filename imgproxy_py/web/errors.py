"""What is wrong with a request itself, before any picture is looked at.

ImgproxyError
└── RequestError
    ├── BodyInvalid              a body of the API that cannot be read, or lacks a field
    ├── MethodNotAllowed
    ├── PageNotFound             a reserved address with nothing behind it
    ├── RangeNotSatisfiable      bytes that lie beyond the end
    ├── SourceMissing            a GET that names no source
    └── ServerStopping           a restart came before the answer
"""

from imgproxy_py.errors import ImgproxyError


class RequestError(ImgproxyError):
    """The request cannot be served as it stands."""

    code = "request_invalid"


class BodyInvalid(RequestError):
    """The body is neither the JSON nor the form that this address takes."""

    code = "body_invalid"


class MethodNotAllowed(RequestError):
    """A method that this address does not know."""

    code = "method_not_allowed"

    def __init__(self, *, method: str, allow: str = "GET, HEAD, POST, OPTIONS") -> None:
        super().__init__(f"{method} is not answered here; use {allow}")
        self.allow = allow


class PageNotFound(RequestError):
    """A reserved first segment, and nothing of ours behind it."""

    code = "page_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such page here")


class RangeNotSatisfiable(RequestError):
    """The range asked for lies outside of the `total_bytes` that there are (RFC 9110, 15.5.17)."""

    code = "range_not_satisfiable"

    def __init__(self, *, total_bytes: int) -> None:
        super().__init__(f"that range lies outside of the {total_bytes} bytes that there are")
        self.total_bytes = total_bytes


class SourceMissing(RequestError):
    """Neither a source URL nor an upload."""

    code = "source_missing"

    def __init__(self) -> None:
        super().__init__(
            "no source: put the picture's URL after the options, "
            "or send the picture itself with POST"
        )


class ServerStopping(RequestError):
    """The server stops, and the time to finish what was begun is over."""

    code = "server_stopping"
    retry_after_seconds = 5  # about what a restart takes

    def __init__(self) -> None:
        super().__init__(f"the server is stopping; try again in {self.retry_after_seconds} s")
