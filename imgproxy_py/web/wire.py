"""What clients need on the wire and hypercorn leaves out.

The status line carries its reason phrase: MODX compares the first line with `HTTP/1.1 200 OK`.
A request target may hold raw bytes above 0x7F, as curl sends them: they are percent-encoded
before h11, which refuses them, reads the line. A head that cannot be read at all is refused with
a sentence: no answer of ours has an empty body. Head and body leave in one write. And what makes
hypercorn slow for an answer that is at hand is left out (`connection.py`, `idle.py`).
"""

import re
from typing import Any

import h11
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Event, RawData
from hypercorn.protocol.h11 import H11Protocol

from imgproxy_py.web import connection, idle
from imgproxy_py.web.plain_exchange import waited_out
from imgproxy_py.web.reply import SAFE_HEADERS

_REASONS = {
    431: "the request's head is too large: send a shorter URL or fewer headers",
    501: "that transfer coding is not understood here",
}
_WITH_PHRASE = (h11.Response, h11.InformationalResponse)
_ABOVE_ASCII = re.compile(rb"[\x80-\xff]")


def prepare_hypercorn() -> None:
    """Install them, once per process; hypercorn has no hook for any (0.18)."""
    if H11Protocol.handle is not _handle:
        H11Protocol._send_h11_event = _send_event  # type: ignore[method-assign]
        H11Protocol.handle = _handle  # type: ignore[method-assign]
        H11Protocol._send_error_response = _send_error_response  # type: ignore[method-assign]
        H11Protocol._handle_events = connection.handle_events  # type: ignore[method-assign]
        TCPServer.protocol_send = idle.protocol_send  # type: ignore[method-assign]
        TCPServer._idle_timeout = idle.idle_timeout  # type: ignore[method-assign]


async def _send_event(self: H11Protocol, event: Any) -> None:
    """Hold a head back until its body or its end comes, which in our answers is at once."""
    if type(event) in _WITH_PHRASE and not event.reason:
        object.__setattr__(event, "reason", connection.PHRASES.get(event.status_code, b""))
    try:
        data = self.connection.send(event) or b""
    except h11.LocalProtocolError:
        if self.connection.their_state != h11.ERROR:
            raise
        return
    head = vars(self).pop("_held_head", b"")
    if type(event) is h11.Response:
        vars(self)["_held_head"] = data
    elif head or data:
        await self.send(RawData(data=head + bytes(data)))


async def _handle(self: H11Protocol, event: Event) -> None:
    await waited_out(self, event)
    if isinstance(event, RawData) and self.connection.their_state is h11.IDLE:
        if await connection.answered_plainly(self, event.data):
            return
        event = RawData(data=ascii_request_line(event.data), address=event.address)
    await _original_handle(self, event)


async def _send_error_response(self: H11Protocol, status_code: int) -> None:
    """A head too large (431) or not HTTP (400): before any request exists, so told in text."""
    reason = _REASONS.get(status_code, "the request is not valid HTTP")
    body = f"{reason}\n".encode("ascii")
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS),
        *self.config.response_headers("h11"),
    ]
    await self._send_h11_event(h11.Response(status_code=status_code, headers=headers))
    await self._send_h11_event(h11.Data(data=body))
    await self._send_h11_event(h11.EndOfMessage())


def ascii_request_line(data: bytes) -> bytes:
    """The same bytes with everything above 0x7F in the first line percent-encoded."""
    if data.isascii():
        return data
    line, newline, rest = data.partition(b"\n")
    return _ABOVE_ASCII.sub(lambda found: b"%%%02X" % ord(found[0]), line) + newline + rest


_original_handle = H11Protocol.handle
