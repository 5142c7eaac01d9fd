"""One HTTP/1 connection as hypercorn keeps it, with answers that are at hand written at once.

What is at hand (`at_once.py`) is asked for before hypercorn makes anything for a request. A plain
read (`plain_head.py`) does not even reach h11, which stands between two requests before it and
after it; where it takes time, its story is told beside h11 (`plain_exchange.py`). h11 reads every
other request, and decides on framing and on the end of the connection as for any other answer; of
our header fields it sees the Content-Length alone.
"""

import time
from functools import lru_cache
from http import HTTPStatus

import h11
from hypercorn.config import Config
from hypercorn.events import Closed, Updated
from hypercorn.protocol.h11 import H11Protocol

from imgproxy_py.web.at_once import AtOnce, Ready
from imgproxy_py.web.idle import Answered
from imgproxy_py.web.plain_exchange import begin
from imgproxy_py.web.plain_head import NEEDS_MORE, read_plain

PHRASES = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
_END = h11.EndOfMessage()
_BODILESS = (b"GET", b"HEAD")
_NOTHING = (b"", False)


async def answered_plainly(self: H11Protocol, data: bytes) -> bool:
    """Answer one plain read, now or once its story is told; False where nothing was done."""
    app = _app(self)
    if app is None or not _is_between_requests(self):
        return False
    head = read_plain(data)
    if head is None:
        return False
    answer = app.at_once(*head)
    story = app.story(*head) if answer is None else None
    if answer is None and story is None:
        return False
    self.keep_alive_requests += 1
    if story is not None:
        await begin(self, story, _write_plainly)
    elif answer is not None:
        await _write_plainly(self, answer)
        if self.context.terminated.is_set():  # by now: nobody else closes what was at work then
            await self.send(Closed())
    return True


def _is_between_requests(self: H11Protocol) -> bool:
    """Whether h11 waits for a request, and the connection may live on after its answer."""
    connection = self.connection
    return (
        self.stream is None
        and connection.our_state is h11.IDLE
        and connection.their_state is h11.IDLE
        and connection.trailing_data == _NOTHING
        and self.keep_alive_requests < self.config.keep_alive_max_requests
        and not self.context.terminated.is_set()
    )


async def handle_events(self: H11Protocol) -> None:
    """Answer what can be answered at once; the first request that cannot is hypercorn's."""
    while self.stream is None and self.connection.their_state is h11.IDLE:
        try:
            event = self.connection.next_event()
        except h11.RemoteProtocolError as error:
            if self.connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                await self._send_error_response(error.error_status_hint)
            return await self.send(Closed())
        if type(event) is not h11.Request:
            return None
        answer = _at_once(self, event)
        if answer is None:
            await self.send(Updated(idle=False))
            await self._check_protocol(event)
            await self._create_stream(event)
            break
        if not await _answered(self, answer):
            return await self.send(Closed())
    return await _original_handle_events(self)


def _app(self: H11Protocol) -> AtOnce | None:
    """Whom to ask for answers at hand: hypercorn wraps the application once."""
    app = getattr(self.app, "app", None)
    return app if hasattr(app, "at_once") else None


def _at_once(self: H11Protocol, request: h11.Request) -> Ready | None:
    app = _app(self)
    if request.method not in _BODILESS or app is None:
        return None
    headers = list(request.headers)
    if any(name in NEEDS_MORE for name, _ in headers):
        return None
    return app.at_once(request.method.decode("ascii"), request.target, headers)


async def _answered(self: H11Protocol, answer: Ready) -> bool:
    """Write it; False when the connection ends with it."""
    connection = self.connection
    assert isinstance(connection, h11.Connection)
    connection.next_event()  # the end of a request without a body
    self.keep_alive_requests += 1
    is_last = self.keep_alive_requests > self.config.keep_alive_max_requests
    head = connection.send(_framing(answer.status, answer.length, is_last))
    if answer.body:  # h11 counts it, and would give back the very same bytes
        connection.send_with_data_passthrough(h11.Data(data=answer.body))  # type: ignore[arg-type]
    connection.send(_END)
    await _write(self, head[:-2], answer)
    is_over = self.context.terminated.is_set() or connection.our_state is not h11.DONE
    if is_over or connection.their_state is not h11.DONE:
        return False
    connection.start_next_cycle()
    return True


async def _write_plainly(self: H11Protocol, answer: Ready) -> None:
    await _write(self, _status_line(answer.status, answer.length), answer)


async def _write(self: H11Protocol, framing: bytes, answer: Ready) -> None:
    """The whole answer behind its first lines."""
    date = _date_line(self.config, int(time.time()))
    await self.send(Answered(b"".join((framing, date, answer.lines, b"\r\n")), answer.body))
    await self.context.mark_request()


@lru_cache(maxsize=4096)
def _status_line(status: int, length: int | None) -> bytes:
    """What h11 writes of `_framing` where the connection lives on."""
    lengths = b"" if length is None else b"content-length: %d\r\n" % length
    return b"HTTP/1.1 %d %s\r\n%s" % (status, PHRASES.get(status, b""), lengths)


@lru_cache(maxsize=4096)
def _framing(status: int, length: int | None, is_last: bool) -> h11.Response:
    """A head with nothing in it but what h11 decides by."""
    headers = [] if length is None else [(b"content-length", b"%d" % length)]
    if is_last:
        headers.append((b"connection", b"close"))
    return h11.Response(status_code=status, headers=headers, reason=PHRASES.get(status, b""))


@lru_cache(maxsize=4)
def _date_line(config: Config, second: int) -> bytes:
    """What hypercorn adds to every answer; `second` is there to keep it for one."""
    return b"".join(b"%s: %s\r\n" % header for header in config.response_headers("h11"))


_original_handle_events = H11Protocol._handle_events
