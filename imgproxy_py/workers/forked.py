"""One child as the pool sees it: write to it, read from it, hold it up, kill it."""

import asyncio
import contextlib
import math
import os
import select
import signal
import socket
import time

from imgproxy_py.workers.forking import Forked
from imgproxy_py.workers.frames import HEADER, MAX_FRAME_BYTES, Frame, Kind, encode

_READ_BYTES = 65_536


class ChildDied(Exception):
    """The child's end of the socket closed, or no child could be had."""


class Child:
    """A running engine process. All methods belong to one event loop."""

    def __init__(self, forked: Forked, sock: socket.socket) -> None:
        self.pid = forked.pid
        self._pidfd = forked.pidfd
        self._sock = sock
        self._buffer = bytearray()
        self._end = select.poll()
        self._end.register(forked.pidfd, select.POLLIN)

    @property
    def is_alive(self) -> bool:
        return self._pidfd >= 0 and not self._end.poll(0)

    @property
    def cpu_seconds(self) -> float:
        """Processor time it has used so far; endless once it is dead."""
        # How the kernel names the clock of another process: clock_getcpuclockid(3).
        clock = (~self.pid << 3) | 2
        try:
            return time.clock_gettime(clock) if self.is_alive else math.inf
        except OSError:
            return math.inf

    def send_job(self, message: object, descriptor: int) -> None:
        """A job fits the empty socket of a resting child: this never waits."""
        try:
            socket.send_fds(self._sock, [encode(Kind.JOB, message)], [descriptor])
        except OSError as error:
            raise ChildDied from error

    async def send(self, kind: Kind, body: object = None) -> None:
        with contextlib.suppress(OSError):  # a dead child is noticed where it is read
            await asyncio.get_running_loop().sock_sendall(self._sock, encode(kind, body))

    async def receive(self) -> Frame:
        loop = asyncio.get_running_loop()
        while len(self._buffer) < HEADER.size:
            data = await self._read(loop)
            self._buffer += data
        kind, body_bytes, raw_bytes = HEADER.unpack_from(self._buffer)
        if body_bytes + raw_bytes > MAX_FRAME_BYTES:
            raise ChildDied
        payload = bytearray(body_bytes + raw_bytes)
        await self._fill(loop, payload)
        view = memoryview(payload)
        return Frame(Kind(kind), view[:body_bytes], view[body_bytes:])

    def kill(self) -> None:
        """End it now; its memory is back when the system has taken it down."""
        if self._pidfd < 0:
            return
        self._sock.close()
        self._signal(signal.SIGKILL)
        # The template reaps. Where that has died, the child may have become our own.
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOHANG)
        os.close(self._pidfd)
        self._pidfd = -1

    def hold_up(self) -> None:
        """Let it run no further until `go_on`, whatever it is doing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    async def _read(self, loop: asyncio.AbstractEventLoop) -> bytes:
        try:
            data = await loop.sock_recv(self._sock, _READ_BYTES)
        except OSError as error:
            raise ChildDied from error
        if not data:
            raise ChildDied
        return data

    async def _fill(self, loop: asyncio.AbstractEventLoop, payload: bytearray) -> None:
        """Move what is buffered behind the header into `payload`, then read the rest into it."""
        start = HEADER.size
        have = min(len(payload), len(self._buffer) - start)
        payload[:have] = self._buffer[start : start + have]
        del self._buffer[: start + have]
        view = memoryview(payload)
        while have < len(payload):
            try:
                count = await loop.sock_recv_into(self._sock, view[have:])
            except OSError as error:
                raise ChildDied from error
            if count == 0:
                raise ChildDied
            have += count
