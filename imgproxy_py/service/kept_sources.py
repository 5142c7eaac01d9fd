"""The bytes of fetched sources, kept so that another width of a picture costs no fetch.

They lie under their hash beside the results, and count for the store's bound like these: what was
not read for the longest time goes first.
"""

import asyncio
import hashlib
import logging
import mmap
import os
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.sources.errors import SourceTooLarge
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.keep import Item
from imgproxy_py.store.records import SourceRecord

log = logging.getLogger(__name__)

FOLDER = "sources/"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSources:
    """`contents` lie in `FOLDER`. Sources of more than `max_bytes` are not kept."""

    contents: Contents
    spool_directory: Path
    max_bytes: int

    def item(self, spool: Spool) -> Item | None:
        """Where and what is written to keep a complete source; None for one that is not kept."""
        if not 0 < spool.bytes_written <= self.max_bytes:
            return None
        # The descriptor may be closed before this is written: a mapping outlives it.
        mapped = mmap.mmap(spool.fileno(), spool.bytes_written, access=mmap.ACCESS_READ)
        return self.contents.item(mapped, sha256=spool.sha256)

    async def open(self, record: SourceRecord) -> Spool | None:
        """The bytes of a source again, verified; None where they are gone. Who gets them closes
        them."""
        blobs, path = self.contents.blobs, self._path(record.sha256)
        try:
            if not blobs.is_local:
                return await self._copied(path, record)
            fd = blobs.open_file(path)
        except StoreError:
            log.exception("a kept source could not be read")
            return None
        return None if fd is None else await self._verified(fd, record)

    async def forget(self, sha256: str) -> None:
        """Give the bytes up; they may be another URL's as well, which then is fetched again."""
        try:
            await self.contents.delete(sha256)
        except StoreError:
            log.exception("a kept source could not be removed")

    async def _verified(self, fd: int, record: SourceRecord) -> Spool | None:
        spool = Spool.whole(fd, bytes_written=record.bytes, sha256=record.sha256)
        checking = asyncio.create_task(asyncio.to_thread(_holds, fd, record))
        try:
            is_whole = await asyncio.shield(checking)
        except BaseException:  # the thread goes on reading for a moment
            checking.add_done_callback(lambda _: spool.close())
            raise
        if is_whole:
            return spool
        spool.close()
        log.warning("a damaged source is forgotten", extra={"sha256": record.sha256})
        await self.forget(record.sha256)
        return None

    async def _copied(self, path: str, record: SourceRecord) -> Spool | None:
        """From a store whose blobs are no files."""
        chunks = await self.contents.blobs.chunks(path)
        if chunks is None:
            return None
        spool = Spool(
            self.spool_directory, max_source_bytes=record.bytes, expected_bytes=record.bytes
        )
        try:
            async for chunk in chunks:
                spool.write(memoryview(chunk))
            spool.finish()
            if spool.sha256 == record.sha256:
                return spool
        except SourceTooLarge:
            log.warning("a damaged source counts as gone", extra={"sha256": record.sha256})
        except BaseException:
            spool.close()
            raise
        spool.close()
        return None

    def _path(self, sha256: str) -> str:
        return self.contents.item(b"", sha256=sha256)[0]


def _holds(fd: int, record: SourceRecord) -> bool:
    """Whether a file is what its record says."""
    if os.fstat(fd).st_size != record.bytes:
        return False
    digest = hashlib.sha256(usedforsecurity=False)
    for offset in range(0, record.bytes, _CHUNK_BYTES):
        digest.update(os.pread(fd, _CHUNK_BYTES, offset))
    return digest.hexdigest() == record.sha256
