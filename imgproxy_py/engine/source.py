"""The source image's bytes as the engine sees them: a file descriptor that may still be growing.

A complete source is read by libvips itself; one that is still arriving reaches libvips through a
pipe, so that decoding goes on while the network does and no byte of it passes through Python.
"""

import contextlib
import fcntl
import mmap
import os
import threading
from collections.abc import Callable

import pyvips

# What the sniffer and the header readers ask for at once.
HEAD_BYTES = 4096

# One megabyte is what an unprivileged process may ask for (pipe(7), pipe-max-size).
_PIPE_BYTES = 1 << 20
_END = 1 << 62


class SourceBytes:
    """Bytes of one source behind `fd`. Offsets are ours (pread), the descriptor's is never moved.

    `wait_for(n)` blocks until at least `n` bytes are there, or the source has ended, and returns
    how many there are; it raises when the source failed, and may be called from several threads.
    None means that the source is complete.
    """

    def __init__(self, fd: int, *, wait_for: Callable[[int], int] | None = None) -> None:
        self._fd = fd
        self._wait_for = wait_for

    def head(self, count: int = HEAD_BYTES) -> bytes:
        """The first `count` bytes, fewer when the source is shorter."""
        return self.read_at(0, count)

    def read_at(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`, fewer only at the end of the source."""
        if self._wait_for is not None:
            self._wait_for(offset + count)
        return os.pread(self._fd, count, offset)

    def total_bytes(self) -> int:
        """The source's length; waits until it has arrived whole."""
        self.wait_until_complete()
        return os.fstat(self._fd).st_size

    @property
    def is_complete(self) -> bool:
        """Whether nothing has to be waited for."""
        return self._wait_for is None

    def wait_until_complete(self) -> None:
        if self._wait_for is not None:
            self._wait_for(_END)
            self._wait_for = None

    def view(self) -> mmap.mmap | bytes:
        """The whole source without copying it; waits until it has arrived."""
        if self.total_bytes() == 0:
            return b""
        return mmap.mmap(self._fd, 0, prot=mmap.PROT_READ)

    def vips_source(self) -> pyvips.Source:
        """A fresh libvips source that starts at byte 0."""
        if self._wait_for is not None:
            return _piped_source(self._fd, self._wait_for)
        # A new open file description: the read position is libvips' own.
        return _descriptor_source(os.open(f"/proc/self/fd/{self._fd}", os.O_RDONLY))


def _descriptor_source(fd: int) -> pyvips.Source:
    try:
        return pyvips.Source.new_from_descriptor(fd)
    finally:
        os.close(fd)  # libvips holds a duplicate


def _piped_source(fd: int, wait_for: Callable[[int], int]) -> pyvips.Source:
    reader, writer = os.pipe()
    with contextlib.suppress(OSError):  # over the user's share of pipe memory: stay small
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    feeder = threading.Thread(target=_feed, args=(os.dup(fd), writer, wait_for), daemon=True)
    feeder.start()
    return _descriptor_source(reader)


def _feed(fd: int, writer: int, wait_for: Callable[[int], int]) -> None:
    """Move the source into the pipe as it arrives; ends when libvips has had enough of it."""
    position = 0
    # Closing early is how a failed source looks to libvips; the pool knows the real reason.
    with contextlib.suppress(Exception):
        while (available := wait_for(position + 1)) > position:
            position += os.sendfile(writer, fd, position, available - position)
    os.close(writer)
    os.close(fd)
