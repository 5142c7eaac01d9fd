"""Bytes by their hash. The same bytes are kept once, and what is read is what was written.

A record names its bytes by their SHA-256 alone, so replacing a record never leaves it pointing at
half of something else, and a file that a power cut shortened is noticed and counts as missing.
"""

import hashlib
import logging
from dataclasses import dataclass

from aiocache.base import BaseCache

from imgproxy_py.store.blobs import BlobStore, Buffer
from imgproxy_py.store.key import contents_path

log = logging.getLogger(__name__)

# Larger ones are rare among answers and would push many small ones out of memory.
MAX_REMEMBERED_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """`memory`, when given, holds what was read or written lately; content never changes.

    `folder` is where in the store they lie, empty or with a slash at its end.
    """

    blobs: BlobStore
    memory: BaseCache | None = None
    folder: str = ""

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
        if hashlib.sha256(data).hexdigest() != sha256:
            log.warning("damaged contents are forgotten", extra={"path": path, "bytes": len(data)})
            await self.blobs.delete(path)
            return None
        await self.remember(data, sha256=sha256)
        return data

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
