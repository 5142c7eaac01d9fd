"""The bytes of uploads that wait for their job: in the store, under the id of the job, or with
others of the same request in a pack (upload_packs.py).

A row is written after the bytes that it needs, and these are removed after the row has ended.
Whatever is killed in between leaves bytes without a job, which reconcile.py removes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from imgproxy_py.jobs.errors import UploadLost
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.upload_packs import in_pack, upload_name
from imgproxy_py.sources.errors import SourceTooLarge
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore, Buffer
from imgproxy_py.store.key import UPLOADS

# So much is held in memory at once while several uploads are written.
GROUP_BYTES = 8 << 20
# A larger one is read piece by piece, and goes as soon as its own job has ended.
SMALL_BYTES = 1 << 20


class Uploads:
    """`spool_directory` takes what is read back."""

    def __init__(self, blobs: BlobStore, *, spool_directory: Path) -> None:
        self._blobs = blobs
        self._spool_directory = spool_directory

    async def put(self, jobs: Sequence[Job], spools: Mapping[str, Spool]) -> None:
        """Keep the bytes of complete spools, by the ids of their jobs, which are `placed`."""
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            if job.id in spools:
                groups.setdefault(upload_name(job), []).append(job)
        for name, group in groups.items():
            read = partial(_joined, [spools[job.id] for job in group])
            await self._blobs.put(_key(name), await asyncio.to_thread(read))

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
                await self._fill(spool, job)
            except SourceTooLarge:
                raise UploadLost from None
            if spool.sha256 != job.order.upload_sha256:
                raise UploadLost
            yield spool

    async def delete(self, names: Sequence[str]) -> None:
        """Uploads and packs by their names."""
        await self._blobs.delete_all([_key(name) for name in names])

    async def stored(self) -> list[tuple[str, datetime]]:
        """The names of all uploads and packs here, and when those were last used."""
        return [
            (entry.key.removeprefix(UPLOADS), entry.used_at)
            async for entry in self._blobs.entries(UPLOADS.rstrip("/"))
        ]

    async def _fill(self, spool: Spool, job: Job) -> None:
        if spool.max_source_bytes <= SMALL_BYTES:
            data = await self._small(job)
            if data is None:
                raise UploadLost
            spool.write(memoryview(data))
        else:
            await self._fill_slowly(spool, job)
        spool.finish()

    async def _small(self, job: Job) -> Buffer | None:
        key, order = _key(upload_name(job)), job.order
        if order.upload_pack is None:
            return await self._blobs.get(key)
        return await self._blobs.get_range(key, order.upload_offset, order.upload_bytes)

    async def _fill_slowly(self, spool: Spool, job: Job) -> None:
        """Piece by piece, so that nobody holds a large upload whole."""
        chunks = await self._blobs.chunks(_key(upload_name(job)))
        if chunks is None:
            raise UploadLost
        async for chunk in chunks:
            spool.write(memoryview(chunk))


def placed(jobs: Sequence[Job]) -> list[Job]:
    """The same jobs with the places that their uploads will have. All are of one batch, or of
    none."""
    places: dict[str, Job] = {}
    for group in _groups([job for job in jobs if job.order.upload_sha256 is not None]):
        places |= {job.id: job for job in (in_pack(group) if len(group) > 1 else group)}
    return [places.get(job.id, job) for job in jobs]


def _joined(spools: Sequence[Spool]) -> bytes:
    return b"".join(spool.read() for spool in spools)


def _groups(jobs: Sequence[Job]) -> list[list[Job]]:
    """What is written together: small ones of a batch, in the order of their numbers."""
    groups: list[list[Job]] = []
    small: list[Job] = []
    for job in jobs:
        size = job.order.upload_bytes
        if job.batch_id is None or size > SMALL_BYTES:
            groups.append([job])
            continue
        if sum(each.order.upload_bytes for each in small) + size > GROUP_BYTES:
            groups.append(small)
            small = []
        small.append(job)
    return [*groups, small] if small else groups


def _key(name: str) -> str:
    return f"{UPLOADS}{name}"
