"""Connections that nobody uses are closed after a while: one timer for each, not one per request.

Also: an answer that is whole leaves in one write.

Hypercorn ends a task at the beginning of every request and starts two at its end, to know how long
a connection has been idle. Here the moment is noted, and the one timer looks at it when it fires.
"""

import asyncio
from dataclasses import dataclass

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Event, Updated


@dataclass(slots=True)
class Answered(Event):
    """A whole answer; with its last byte the connection is idle again. `body` may be empty."""

    head: bytes
    body: bytes | memoryview


_SINCE = "_idle_since"  # seconds of the loop's clock; None while a request is at work


async def protocol_send(self: TCPServer, event: Event) -> None:
    """Hypercorn's, but that a change between idle and busy is only noted."""
    if type(event) is Answered:
        await _write(self, event)
    elif isinstance(event, Updated):
        vars(self)[_SINCE] = self.loop.time() if event.idle else None
    else:
        await _original_protocol_send(self, event)


async def idle_timeout(self: TCPServer) -> None:
    """Close the connection once it has been idle for hypercorn's `keep_alive_timeout`, or is so
    when the server ends. A request that is at work by then ends its connection itself."""
    allowed_seconds = self.config.keep_alive_timeout
    vars(self).setdefault(_SINCE, self.loop.time())
    left_seconds = allowed_seconds
    while left_seconds > 0 and not self.context.terminated.is_set():
        try:
            await asyncio.wait_for(self.context.terminated.wait(), left_seconds)
        except TimeoutError:
            since = vars(self)[_SINCE]
            left_seconds = allowed_seconds - (0 if since is None else self.loop.time() - since)
    if vars(self)[_SINCE] is not None:
        await asyncio.shield(self._initiate_server_close())


async def _write(self: TCPServer, answer: Answered) -> None:
    own = vars(self)
    own[_SINCE] = None
    async with self.send_lock:
        try:
            # Joining them into one buffer gains nothing at any size, and costs a copy.
            self.writer.writelines((answer.head, answer.body) if answer.body else (answer.head,))
            await self.writer.drain()
        except (ConnectionError, RuntimeError):
            await self.protocol.handle(Closed())
    own[_SINCE] = self.loop.time()


_original_protocol_send = TCPServer.protocol_send
