"""The bytes of uploads that wait for their job: in the store, under the id of the job.

A row is written after the bytes that it needs, and these are removed after the row has ended.
Whatever is killed in between leaves bytes without a job, which reconcile.py removes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from imgproxy_py.jobs.errors import UploadLost
from imgproxy_py.jobs.job import Job
from imgproxy_py.sources.errors import SourceTooLarge
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.key import UPLOADS

log = logging.getLogger(__name__)

# So much is held in memory at once while several uploads are written.
GROUP_BYTES = 8 << 20
SMALL_BYTES = 1 << 20


class Uploads:
    """`spool_directory` takes what is read back."""

    def __init__(self, blobs: BlobStore, *, spool_directory: Path) -> None:
        self._blobs = blobs
        self._spool_directory = spool_directory

    async def put(self, uploads: Sequence[tuple[str, Spool]]) -> None:
        """Keep the bytes of complete spools under the ids of their jobs."""
        group: list[tuple[str, Spool]] = []
        for job_id, spool in uploads:
            group.append((job_id, spool))
            if sum(each.bytes_written for _, each in group) >= GROUP_BYTES:
                await self._put(group)
                group = []
        if group:
            await self._put(group)

    @asynccontextmanager
    async def opened(self, job: Job) -> AsyncIterator[Spool | None]:
        """The upload of a job, None when it has none; UploadLost when the store has it no more."""
        if job.order.upload_sha256 is None:
            yield None
            return
        with Spool(
            self._spool_directory,
            max_source_bytes=job.order.upload_bytes,
            expected_bytes=job.order.upload_bytes,
        ) as spool:
            try:
                await self._fill(spool, job.id)
            except SourceTooLarge:
                raise UploadLost from None
            if spool.sha256 != job.order.upload_sha256:
                raise UploadLost
            yield spool

    async def delete(self, ids: Sequence[str]) -> None:
        await self._blobs.delete_all([_key(job_id) for job_id in ids])

    async def stored(self) -> list[tuple[str, datetime]]:
        """The ids of all jobs that have uploads here, and when those were last used."""
        return [
            (entry.key.removeprefix(UPLOADS), entry.used_at)
            async for entry in self._blobs.entries(UPLOADS.rstrip("/"))
        ]

    async def _put(self, group: Sequence[tuple[str, Spool]]) -> None:
        items = await asyncio.to_thread(
            lambda: [(_key(each), spool.read()) for each, spool in group]
        )
        await self._blobs.put_all(items)

    async def _fill(self, spool: Spool, job_id: str) -> None:
        if spool.max_source_bytes <= SMALL_BYTES:
            data = await self._blobs.get(_key(job_id))
            if data is None:
                raise UploadLost
            spool.write(memoryview(data))
        else:
            await self._fill_slowly(spool, job_id)
        spool.finish()

    async def _fill_slowly(self, spool: Spool, job_id: str) -> None:
        """Piece by piece, so that nobody holds a large upload whole."""
        chunks = await self._blobs.chunks(_key(job_id))
        if chunks is None:
            raise UploadLost
        async for chunk in chunks:
            spool.write(memoryview(chunk))


class UnneededUploads:
    """Removes uploads of jobs that ended in the same transaction with one call to the store."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._waiting: list[str] = []
        self._deleting: asyncio.Task[None] | None = None

    async def forget(self, job_id: str) -> None:
        """Return when it is gone, or when the store failed and it is left to be swept."""
        self._waiting.append(job_id)
        if self._deleting is None:
            self._deleting = asyncio.create_task(self._delete_all())
        await asyncio.shield(self._deleting)

    async def _delete_all(self) -> None:
        ids: list[str] = []
        try:
            while self._waiting:
                ids, self._waiting = self._waiting, []
                await self._uploads.delete(ids)
        except StoreError:
            log.warning("uploads stay until they are swept", extra={"jobs": ids})
        finally:
            self._deleting = None


def _key(job_id: str) -> str:
    return f"{UPLOADS}{job_id}"
