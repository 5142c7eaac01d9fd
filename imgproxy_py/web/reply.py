"""A complete answer as a value, and its way out through ASGI."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# What browsers may do with anything that comes from here (SAFETY, Answers). The policy keeps an
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
        "Cache-Status, Content-Disposition, ETag, Image-Optimization, Server-Timing, Warning",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`body` is what GET would send; `content_bytes` the length told where HEAD sends none."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | memoryview = b""


async def send_reply(send: Send, reply: Reply, *, method: str = "GET") -> None:
    """Send it whole. `Content-Length` always stands; HEAD and 304 get no body."""
    headers = _encoded(reply.headers)
    if reply.status != 304:
        headers.append((b"content-length", str(len(reply.body)).encode("ascii")))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    has_body = method != "HEAD" and reply.status != 304
    await send({"type": "http.response.body", "body": bytes(reply.body) if has_body else b""})


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("ascii"), value.encode("ascii", "replace")) for name, value in headers
    ]
