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
from imgproxy_py.workers.frames import Frame, Kind, encode
from imgproxy_py.workers.inbox import Inbox


class ChildDied(Exception):
    """The child's end of the socket closed, or no child could be had."""


class Child:
    """A running engine process. All methods belong to one event loop."""

    def __init__(self, forked: Forked, sock: socket.socket) -> None:
        self.pid = forked.pid
        self._pidfd = forked.pidfd
        self._sock = sock
        self._inbox = Inbox(sock)
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
        """The next thing it says; who is cancelled here leaves it to the next one who asks."""
        frame = await self._inbox.take()
        if frame is None:
            raise ChildDied
        return frame

    def kill(self) -> None:
        """End it now; its memory is back when the system has taken it down."""
        if self._pidfd < 0:
            return
        self._inbox.close()
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
