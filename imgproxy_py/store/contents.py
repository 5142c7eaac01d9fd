"""Bytes by their hash. The same bytes are kept once, and what is read is what was written.

A record names its bytes by their SHA-256 alone, so replacing a record never leaves it pointing at
half of something else, and a file that a power cut shortened is noticed and counts as missing.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiocache.base import BaseCache

from imgproxy_py.store.blobs import BlobStore, Buffer
from imgproxy_py.store.key import contents_path
from imgproxy_py.store.vetted import Vetted

log = logging.getLogger(__name__)

# Larger ones are rare among answers and would push many small ones out of memory.
MAX_REMEMBERED_BYTES = 512 * 1024

# Hashing more than this (a quarter of a millisecond) would be felt by other requests.
MAX_BYTES_HASHED_AT_ONCE = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """`memory`, when given, holds what was read or written lately; content never changes.

    `folder` is where in the store they lie, empty or with a slash at its end.
    """

    blobs: BlobStore
    memory: BaseCache | None = None
    folder: str = ""
    vetted: Vetted = field(default_factory=Vetted, repr=False)

    async def put(self, data: bytes | Buffer, *, sha256: str) -> None:
        """Keep `data`, whose SHA-256 in hex the caller has computed already."""
        await self.blobs.put(*self.item(data, sha256=sha256))
        await self.remember(data, sha256=sha256)

    def item(self, data: bytes | Buffer, *, sha256: str) -> tuple[str, bytes | Buffer]:
        """Where and what `put` writes."""
        return self._path(sha256), data

    async def has(self, sha256: str, *, size: int) -> bool:
        """Whether `size` bytes of this hash are there, without reading them."""
        return await self.blobs.size(self._path(sha256)) == size

    async def get(self, sha256: str) -> Buffer | None:
        """The bytes of this hash, verified; None when they are not there (or no longer whole)."""
        if self.memory is not None:
            remembered: Buffer | None = await self.memory.get(sha256)
            if remembered is not None:
                return remembered
        path = self._path(sha256)
        data = await self.blobs.get(path)
        if data is None:
            return None
        if await _sha256(data) != sha256:
            log.warning("damaged contents are forgotten", extra={"path": path, "bytes": len(data)})
            await self.blobs.delete(path)
            return None
        await self.remember(data, sha256=sha256)
        if len(data) > MAX_REMEMBERED_BYTES:
            with self._file(sha256) as fd:
                if fd is not None:
                    self.vetted.note(sha256, fd)
        return data

    def unread(self, sha256: str, *, size: int) -> Buffer | None:
        """`size` bytes as they lie in a local file, for who will not read them here; None where
        `get` has yet to verify that file, and where they are so few that memory may hold them."""
        if size <= MAX_REMEMBERED_BYTES:
            return None
        with self._file(sha256) as fd:
            return None if fd is None else self.vetted.mapped(sha256, fd)

    @contextmanager
    def _file(self, sha256: str) -> Iterator[int | None]:
        fd = self.blobs.open_file(self._path(sha256))
        try:
            yield fd
        finally:
            if fd is not None:
                os.close(fd)

    async def delete(self, sha256: str) -> None:
        """Forget these bytes; records that name them count as misses from now on."""
        if self.memory is not None:
            await self.memory.delete(sha256)
        await self.blobs.delete(self._path(sha256))

    async def remember(self, data: bytes | Buffer, *, sha256: str) -> None:
        """Have `data` at hand for the next `get`."""
        if self.memory is not None and len(data) <= MAX_REMEMBERED_BYTES:
            # A copy, unless it is one already: the caller may unmap or reuse its buffer.
            await self.memory.set(sha256, bytes(data))

    def _path(self, sha256: str) -> str:
        return self.folder + contents_path(sha256)


async def _sha256(data: Buffer) -> str:
    if len(data) <= MAX_BYTES_HASHED_AT_ONCE:
        return hashlib.sha256(data).hexdigest()
    return (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
