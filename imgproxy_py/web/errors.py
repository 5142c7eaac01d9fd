"""What is wrong with a request itself, before any picture is looked at.

ImgproxyError
└── RequestError
    ├── MethodNotAllowed
    └── SourceMissing       a GET that names no source
"""

from imgproxy_py.errors import ImgproxyError


class RequestError(ImgproxyError):
    """The request cannot be served as it stands."""

    code = "request_invalid"


class MethodNotAllowed(RequestError):
    """A method that this address does not know."""

    code = "method_not_allowed"

    def __init__(self, *, method: str, allow: str = "GET, HEAD, POST, OPTIONS") -> None:
        super().__init__(f"{method} is not answered here; use {allow}")
        self.allow = allow


class SourceMissing(RequestError):
    """Neither a source URL nor an upload."""

    code = "source_missing"

    def __init__(self) -> None:
        super().__init__(
            "no source: put the picture's URL after the options, "
            "or send the picture itself with POST"
        )
