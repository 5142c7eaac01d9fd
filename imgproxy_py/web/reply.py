"""A complete answer as a value, and its way out through ASGI."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from imgproxy_py.web.at_once import Ready

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# What browsers may do with anything that comes from here. The policy keeps an
# SVG or a polyglot that is opened directly from running anything.
SAFE_HEADERS: tuple[tuple[str, str], ...] = (
    ("Access-Control-Allow-Origin", "*"),
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    ),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Timing-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        ", ".join(
            (
                "Cache-Status",
                "Content-Disposition",
                "ETag",
                "Idempotency-Replayed",
                "Image-Optimization",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "Server-Timing",
                "Warning",
                "X-Request-Id",
            )
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`body` is what GET would send; its length is told where HEAD sends none.

    A `stream` takes the body's place when it is long, or comes little by little; its
    `stream_bytes` are told when they are known. It is closed whatever happens. `lines` are the
    headers as `written` gives them, where somebody has them.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | memoryview = b""
    stream: AsyncGenerator[bytes, None] | None = None
    stream_bytes: int | None = None
    lines: bytes | None = None

    @property
    def content_length(self) -> int | None:
        return len(self.body) if self.stream is None else self.stream_bytes


async def send_reply(send: Send, reply: Reply, *, method: str = "GET") -> None:
    """Send it whole and end the exchange."""
    await send_head(send, reply)
    if reply.stream is not None:
        return await _send_stream(send, reply.stream, method)
    await send({"type": "http.response.body", "body": body_of(reply, method)})


async def _send_stream(send: Send, stream: AsyncGenerator[bytes, None], method: str) -> None:
    async with aclosing(stream):
        if method != "HEAD":
            async for chunk in stream:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def send_head(send: Send, reply: Reply) -> None:
    """`Content-Length` stands wherever it may: RFC 9110, 8.6, forbids it beside 204, and a 304's
    would be the length of a body that is not sent."""
    headers = _encoded(reply.headers)
    length = reply.content_length
    if length is not None and reply.status not in (204, 304):
        headers.append((b"content-length", str(length).encode("ascii")))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


def body_of(reply: Reply, method: str) -> bytes:
    """What goes out as the body: HEAD and 304 have none."""
    return b"" if method == "HEAD" or reply.status == 304 else bytes(reply.body)


def ready_of(reply: Reply, method: str) -> Ready:
    """The same as `send_reply` sends, as one value. A reply that streams has no such form."""
    has_length = reply.status not in (204, 304)
    return Ready(
        status=reply.status,
        lines=written(reply.headers) if reply.lines is None else reply.lines,
        length=reply.content_length if has_length else None,
        body=b"" if method == "HEAD" or reply.status == 304 else reply.body,
    )


def written(headers: Iterable[tuple[str, str]]) -> bytes:
    """The fields as they go out, each ended by CRLF. ValueError for one that would be two lines."""
    return b"".join([_line(name, value) for name, value in headers])


def lines_of(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Encoded fields as they go out."""
    return b"".join([b"%s: %s\r\n" % field for field in fields])


def is_hit(reply: Reply) -> bool:
    """Whether a stored result answered, with nobody else asked (RFC 9211)."""
    return any(name == "Cache-Status" and "; hit" in value for name, value in reply.headers)


@lru_cache(maxsize=2048)
def _line(name: str, value: str) -> bytes:
    """Most values are those of the last answer, or of the same result's last one."""
    if "\r" in value or "\n" in value:
        raise ValueError(f"the value of {name} holds a line break")
    return f"{name.lower()}: {value}\r\n".encode("ascii", "replace")


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("ascii"), value.encode("ascii", "replace")) for name, value in headers
    ]
