"""Spool: the bytes of one source, in an anonymous file that may still be growing.

The file has no name, so nothing is left behind whatever happens. Writing uses its own offset
(pwrite): other processes read the same descriptor at the same time and must not be moved.
One event loop writes and waits.
"""

import asyncio
import hashlib
import os
import tempfile
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

from imgproxy_py.sources.errors import SourceTooLarge, SpoolFailed

# Small files spend more time on the disk's bookkeeping than on their bytes.
MEMORY_BYTES = 1 << 20


class Spool:
    """Raises SourceTooLarge when more than `max_source_bytes` are written, SpoolFailed when the
    disk refuses. `expected_bytes` only chooses the place: memory when known and small.
    """

    def __init__(
        self, directory: Path, *, max_source_bytes: int, expected_bytes: int | None
    ) -> None:
        self.max_source_bytes = max_source_bytes
        self.bytes_written = 0
        self.is_complete = False
        self.failure: Exception | None = None
        self.ended_at: float | None = None  # time.perf_counter()
        self._digest = hashlib.sha256(usedforsecurity=False)
        self._known_sha256: str | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._fd = -1
        self._fd = _anonymous_file(directory, expected_bytes)

    @classmethod
    def whole(cls, fd: int, *, bytes_written: int, sha256: str) -> Self:
        """A source that is complete already, behind a descriptor which is the spool's from now on.

        Nothing is read or copied; the caller knows that the bytes are what `sha256` says.
        """
        spool = cls.__new__(cls)
        spool.max_source_bytes = spool.bytes_written = bytes_written
        spool.failure = None
        spool.is_complete = False
        spool._known_sha256 = sha256
        spool._waiters = []
        spool._fd = fd
        spool.finish()
        return spool

    @property
    def sha256(self) -> str:
        """The hash of the whole source in hexadecimal; only once it is complete."""
        if not self.is_complete:
            raise RuntimeError("the source is not complete, so it has no hash yet")
        if self._known_sha256 is None:
            self._known_sha256 = self._digest.hexdigest()
        return self._known_sha256

    @property
    def has_ended(self) -> bool:
        return self.is_complete or self.failure is not None

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`; wakes whoever waits for progress."""
        count = len(data)
        if self.bytes_written + count > self.max_source_bytes:
            raise SourceTooLarge(source_bytes=None, max_source_bytes=self.max_source_bytes)
        try:
            written = os.pwrite(self._fd, data, self.bytes_written)
            if written != count:
                self._write_rest(memoryview(data)[written:], self.bytes_written + written)
        except OSError as error:
            raise SpoolFailed("the server has no room for the source image") from error
        self._digest.update(data)
        self.bytes_written += count
        if self._waiters:
            self._wake()

    def finish(self) -> None:
        """All bytes are here."""
        if not self.has_ended:
            self.is_complete = True
            self.ended_at = time.perf_counter()
            self._wake()

    def fail(self, error: Exception) -> None:
        """There will be no more bytes; `error` says why. The first reason stays."""
        if not self.has_ended:
            self.failure = error
            self.ended_at = time.perf_counter()
            self._wake()

    async def wait_progress(self, seen: int) -> int:
        """How many bytes are here: more than `seen`, unless the source has finished or failed."""
        while self.bytes_written <= seen and not self.has_ended:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiters:  # cancelled, not woken
                    self._waiters.remove(waiter)
        return self.bytes_written

    async def wait_ended(self) -> None:
        """Wait until the source is complete; raises the reason when it failed."""
        while not self.has_ended:
            await self.wait_progress(self.bytes_written)
        if self.failure is not None:
            raise self.failure

    def head(self, count: int) -> bytes:
        """The first `count` bytes, fewer where no more have arrived."""
        return os.pread(self._fd, min(count, self.bytes_written), 0)

    def read(self) -> bytes:
        """Everything that has arrived, in memory: for small sources and tests."""
        return self.head(self.bytes_written)

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        """Give the bytes back. Descriptors handed to other processes stay valid there."""
        self.fail(SpoolFailed("the source was given up before it was complete"))
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._fd >= 0:
            warnings.warn("a spool was never closed", ResourceWarning, source=self, stacklevel=2)
            os.close(self._fd)

    def _write_rest(self, rest: memoryview, offset: int) -> None:
        while rest:
            written = os.pwrite(self._fd, rest, offset)
            rest, offset = rest[written:], offset + written

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


def _anonymous_file(directory: Path, expected_bytes: int | None) -> int:
    try:
        if expected_bytes is not None and expected_bytes <= MEMORY_BYTES:
            return os.memfd_create("source", os.MFD_CLOEXEC)
        try:
            return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:  # not every file system can: open(2), O_TMPFILE
            fd, name = tempfile.mkstemp(dir=directory)
            os.unlink(name)
            return fd
    except OSError as error:
        raise SpoolFailed("the server has no room for the source image") from error
