"""What the URL surface reads of a request's head, once, from the raw ASGI scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from imgproxy_py.sources.via import PSEUDONYM, hops_in
from imgproxy_py.web.conditional import NO_CONDITIONS, Conditions
from imgproxy_py.web.reply import Scope

_BODY_HEADERS = {b"content-length", b"transfer-encoding"}
_BODILESS = {"GET", "HEAD", "OPTIONS"}
_CONDITIONAL = {
    b"if-match",
    b"if-none-match",
    b"if-modified-since",
    b"if-unmodified-since",
    b"if-range",
    b"range",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """`headers` holds all of them, names in lower case."""

    method: str
    raw_path: bytes
    query: bytes
    accept: str = ""
    content_type: str | None = None
    content_length: int | None = None
    conditions: Conditions = NO_CONDITIONS
    hops: int = 0
    may_have_body: bool = False
    headers: Mapping[bytes, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def target(self) -> str:
        """The request target as it stood in the request line."""
        return self.target_bytes.decode("latin-1")

    @property
    def target_bytes(self) -> bytes:
        return self.raw_path + b"?" + self.query if self.query else self.raw_path


def read_head(scope: Scope) -> RequestHead:
    """The head of a request as ASGI tells it."""
    return head_of(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])


def head_of(
    method: str, raw_path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]
) -> RequestHead:
    """Repeated headers are joined with commas (RFC 9110, 5.3)."""
    headers: dict[bytes, str] = {}
    for name, value in fields:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    length = headers.get(b"content-length", "")
    return RequestHead(
        method=method,
        raw_path=origin_form(raw_path),
        query=query,
        accept=headers.get(b"accept", ""),
        content_type=headers.get(b"content-type"),
        content_length=int(length) if length.isascii() and length.isdigit() else None,
        conditions=NO_CONDITIONS
        if method == "GET" and _CONDITIONAL.isdisjoint(headers)
        else Conditions.of(method, headers),
        may_have_body=method not in _BODILESS or bool(headers.keys() & _BODY_HEADERS),
        # Counted to end loops through ourselves.
        hops=hops_in([headers[b"via"]], PSEUDONYM) if b"via" in headers else 0,
        headers=headers,
    )


def origin_form(raw_path: bytes) -> bytes:
    """The path of an absolute-form target, `GET http://host/path` (RFC 9112, 3.2.2)."""
    if raw_path.startswith(b"/"):
        return raw_path
    _, _, after_scheme = raw_path.partition(b"://")
    slash = after_scheme.find(b"/")
    return after_scheme[slash:] if slash >= 0 else b"/"
