"""Leases: which process works on a key, where several share one store.

A lease is advice. Who cannot get a straight answer works without one, and the worst that comes of
it is the same work done twice.
"""

import asyncio
import errno
import fcntl
import hashlib
import logging
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)

# A waiting process asks again after these pauses: small work is seen to end soon, and large work
# is not asked about a hundred times a second.
FIRST_PAUSE_SECONDS = 0.010
LONGEST_PAUSE_SECONDS = 0.100
PAUSE_GROWTH = 1.5

# A process that opened the file anew, by another name or not, has another open file description:
# that is the owner of such a lock (fcntl(2), "Open file description locks"), not the process.
_SET_LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None)

# `struct flock` of 64-bit Linux: type, whence, start, length, pid, which must be 0 for these.
_FLOCK = struct.Struct("@hhqqi0q")

# Byte ranges end at 2**63 - 1 (off_t): the offset takes 62 bits.
_OFFSET_BITS = 62


class Lease(Protocol):
    """Held until it is released, or its process dies."""

    async def release(self) -> None: ...


class Leases(Protocol):
    """`take` gives None while another holds `key`, and does not wait for it."""

    async def take(self, key: str) -> Lease | None: ...

    async def close(self) -> None: ...


class NoLease:
    """What is given where leases cannot be had: work may begin, and nobody knows of it."""

    async def release(self) -> None:
        pass


async def wait_for(leases: Leases, key: str) -> Lease:
    """Wait as long as another holds `key`; the caller's deadline cancels it."""
    pause = FIRST_PAUSE_SECONDS
    while (lease := await leases.take(key)) is None:
        await asyncio.sleep(pause)
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)
    return lease


class FileLeases:
    """Leases among the processes of one machine: locked bytes of one empty file.

    The byte is chosen by the key's hash, so there is nothing to make and nothing to clean up, and
    the kernel gives a lock back when its process ends, however it ends. Children must not inherit
    the descriptor: a lock lives as long as any copy of it.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, made when missing. Where that fails, nobody holds anything."""
        self._held: set[int] = set()
        self._fd: int | None = None
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            log.warning("processes cannot wait for each other", exc_info=True)

    async def take(self, key: str) -> Lease | None:
        offset = offset_of(key)
        if offset in self._held:  # by this very process, for which the lock is no hindrance
            return None
        if self._fd is None:
            return NoLease()
        try:
            self._lock(self._fd, fcntl.F_WRLCK, offset)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                return None
            log.warning("a key is worked on without a lease", exc_info=True)
            return NoLease()
        self._held.add(offset)
        return _LockedByte(leases=self, offset=offset)

    def give_back(self, offset: int) -> None:
        self._held.discard(offset)
        if self._fd is None:
            return
        try:
            self._lock(self._fd, fcntl.F_UNLCK, offset)
        except OSError:  # the kernel has no memory to cut a range in two (ENOLCK)
            log.warning("a lease could not be given back", exc_info=True)

    async def close(self) -> None:
        """Give everything back."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _lock(self, fd: int, kind: int, offset: int) -> None:
        if _SET_LOCK is None:
            raise OSError(errno.ENOTSUP, "this system has no open file description locks")
        fcntl.fcntl(fd, _SET_LOCK, _FLOCK.pack(kind, os.SEEK_SET, offset, 1, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _LockedByte:
    leases: FileLeases
    offset: int

    async def release(self) -> None:
        self.leases.give_back(self.offset)


def offset_of(key: str) -> int:
    """The byte that stands for a key: two keys that share one only wait for each other."""
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _OFFSET_BITS)
