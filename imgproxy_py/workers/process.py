"""One child as the pool sees it: start it, write to it, read from it, kill it."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass

from imgproxy_py.workers.frames import HEADER, MAX_FRAME_BYTES, Frame, Kind, encode

_READ_BYTES = 65_536
# What libvips, its codecs and Python's loader need; nothing else of our environment is a child's
# business: it reads hostile pictures.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH")
_SET = {
    # One picture, one thread: the pool itself fills the cores, and CPU per request stays lowest.
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "2",  # of 200 mixed jobs 343 MB stayed resident, without it 721
    "VIPS_BLOCK_UNTRUSTED": "1",
    "SVT_LOG": "1",
}


class ChildDied(Exception):
    """The child's end of the socket closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSettings:
    allowance_bytes: int
    max_memory_bytes: int


class Child:
    """A running engine process. All methods belong to one event loop."""

    def __init__(self, process: subprocess.Popen[bytes], sock: socket.socket) -> None:
        self._process = process
        self._sock = sock
        self._buffer = bytearray()

    @classmethod
    async def start(cls, settings: ChildSettings) -> "Child":
        """Start a child and wait until it is ready for work; `ChildDied` when it never is."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.to_thread(_spawn, theirs, settings)
        ours.setblocking(False)
        child = cls(process, ours)
        try:
            await child.receive()  # READY
        except BaseException:
            child.kill()
            raise
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

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
        """End it now; its memory is back when the system has reaped it."""
        self._sock.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        _reap_later(self._process)

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


def _spawn(theirs: socket.socket, settings: ChildSettings) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    fd = theirs.fileno()
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [
            sys.executable,
            "-m",
            "imgproxy_py.workers.child",
            str(fd),
            str(settings.allowance_bytes),
            str(settings.max_memory_bytes),
        ],
        pass_fds=(fd,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment | _SET,
        start_new_session=True,
    )


def _reap_later(process: subprocess.Popen[bytes]) -> None:
    """Collect the exit status off the loop; SIGKILL makes this a matter of milliseconds."""
    asyncio.get_running_loop().run_in_executor(None, process.wait)
