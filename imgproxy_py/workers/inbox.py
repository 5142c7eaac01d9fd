"""What a child says, frame by frame: read as it comes, kept until somebody takes it.

The socket is watched for as long as the child lives, so a job costs the event loop no registering.
Who waits for a frame may be cancelled at any moment: the next one to ask gets that frame.
"""

import asyncio
import socket

from imgproxy_py.workers.frames import HEADER, MAX_FRAME_BYTES, Frame, Kind

_READ_BYTES = 65_536


class Inbox:
    """Holds one frame at most, beside what came with it: nothing more is read until it is taken.

    Belongs to one event loop, whose socket it is; `close` before that is closed.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._fd = sock.fileno()
        self._buffer = b""
        self._payload: bytearray | None = None  # of a frame that is longer than one read
        self._have = 0
        self._kind, self._body_bytes = 0, 0
        self._frame: Frame | None = None
        self._has_ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # while it watches

    async def take(self) -> Frame | None:
        """The next frame; None once there will be none, or none that can be understood."""
        while self._frame is None and not self._has_ended:
            self._cut_frame()
            if self._frame is None and not self._has_ended:
                await self._news()
        frame, self._frame = self._frame, None
        return frame

    def close(self) -> None:
        """Who waits hears the end."""
        self._has_ended = True
        self._stop_watching()
        self._wake()

    async def _news(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._fd, self._read)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _read(self) -> None:
        if self._frame is not None:  # taken first
            return self._stop_watching()
        try:
            if self._payload is not None:
                count = self._sock.recv_into(memoryview(self._payload)[self._have :])
                self._have += count
            else:
                data = self._sock.recv(_READ_BYTES)
                count = len(data)
                self._buffer = self._buffer + data if self._buffer else data
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if count == 0:
            return self.close()
        self._cut_frame()
        if self._frame is not None or self._has_ended:
            self._wake()

    def _cut_frame(self) -> None:
        """Make a frame of what is there, or a place for the rest of it."""
        if self._payload is None and not self._begin_frame():
            return
        if self._payload is not None and self._have == len(self._payload):
            self._frame = self._framed(memoryview(self._payload))
            self._payload = None

    def _begin_frame(self) -> bool:
        """False where there is no whole head; a short frame is cut at once, without a copy."""
        if len(self._buffer) < HEADER.size:
            return False
        self._kind, self._body_bytes, raw_bytes = HEADER.unpack_from(self._buffer)
        length = self._body_bytes + raw_bytes
        if length > MAX_FRAME_BYTES or self._kind not in _KINDS:
            self.close()
            return False
        content = memoryview(self._buffer)[HEADER.size : HEADER.size + length]
        rest = self._buffer[HEADER.size + length :]
        if len(content) == length:
            self._frame = self._framed(content)
        else:
            self._payload, self._have = bytearray(length), len(content)
            self._payload[: self._have] = content
        self._buffer = rest
        return True

    def _framed(self, content: memoryview) -> Frame:
        body = content[: self._body_bytes]
        return Frame(Kind(self._kind), body, content[self._body_bytes :])

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _stop_watching(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._fd)


_KINDS = frozenset(Kind)
