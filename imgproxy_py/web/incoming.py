"""What a client sends after a request's head, and the moment when it leaves.

Hypercorn hands events over through a short queue and waits when nobody empties it, at the end of
the request too: whatever is not read has to be thrown away, or the connection is never closed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from imgproxy_py.web.reply import Receive

# A client that is still sending hears an early answer only while we go on reading: closing a
# socket with unread bytes resets the connection, and the answer is lost with it.
LINGER_SECONDS = 5.0

# Work that ends within this ends whether its client is there or not (workers/pool.py lets a job
# finish that nobody waits for), so nobody looks before.
UNWATCHED_SECONDS = 0.05


class ClientLeft(Exception):
    """The connection closed before there was an answer: nobody is there to hear it."""


class Incoming:
    """One request's body and the end of its connection; one reader at a time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = asyncio.Event()
        self._has_left = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; who reads it limits the waiting. Raises ClientLeft."""
        while not self._ended.is_set():
            if data := await self._next():
                yield data

    async def until_left(self) -> None:
        """Return when the client has closed the connection; what it still sends is not kept."""
        with suppress(ClientLeft):
            while True:
                await self._next()

    def watched(self) -> "Watch":
        """Look whether the client leaves while a block runs."""
        return Watch(self)

    @asynccontextmanager
    async def discarding(self) -> AsyncIterator[None]:
        """Throw away what arrives while the body of this block runs."""
        eater = asyncio.create_task(self.until_left())
        try:
            yield
        finally:
            eater.cancel()

    async def linger(self) -> None:
        """Wait until the client has sent everything, though not for long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), LINGER_SECONDS)

    async def _next(self) -> bytes:
        if self._has_left:
            raise ClientLeft
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._has_left = True
            self._ended.set()
            raise ClientLeft
        if not message.get("more_body", False):
            self._ended.set()
        data: bytes = message.get("body", b"")
        return data


class Watch:
    """While the block runs: a future that is done once the client has left.

    It is looked for after UNWATCHED_SECONDS, which spares quick answers a task.
    """

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        self._left = loop.create_future()
        self._timer = loop.call_later(UNWATCHED_SECONDS, self._look)
        return self._left

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._left.cancel()
        if self._task is not None:
            self._task.cancel()

    def _look(self) -> None:
        self._task = asyncio.create_task(self._incoming.until_left())
        self._task.add_done_callback(self._tell)

    def _tell(self, _task: object) -> None:
        if not self._left.done():
            self._left.set_result(None)
