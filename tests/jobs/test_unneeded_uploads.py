"""Uploads of jobs that ended together are removed together, a pack with the last of its jobs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import insert

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.ending import succeeded
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.tables import batches
from imgproxy_py.jobs.unneeded_uploads import UnneededUploads
from imgproxy_py.jobs.uploads import Uploads, placed
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from tests.jobs.making import DELIVERY, Clock, job_of, spool_of

BATCH = "b" * 32


class CountingUploads(Uploads):
    """Notes what is removed with one call; fails while `is_broken`."""

    calls: list[list[str]]
    is_broken = False

    async def delete(self, names: Sequence[str]) -> None:
        self.calls.append(list(names))
        if self.is_broken:
            raise StoreError("deleting")
        await super().delete(names)


@pytest.fixture
def uploads(tmp_path: Path) -> CountingUploads:
    uploads = CountingUploads(BlobStore(tmp_path.as_uri()), spool_directory=tmp_path)
    uploads.calls = []
    return uploads


async def stored(
    uploads: Uploads, folder: Path, account: Account, clock: Clock, *, batch_id: str | None
) -> list[Job]:
    """Three jobs with an upload each."""
    order = JobOrder(options="full", upload_sha256="ab" * 32, upload_bytes=7)
    jobs = [
        job_of(account, clock, order=order, batch_id=batch_id, number=number) for number in range(3)
    ]
    jobs = placed(jobs)
    with spool_of(folder, b"picture") as spool:
        await uploads.put(jobs, {job.id: spool for job in jobs})
    return jobs


async def test_those_of_one_moment_go_with_one_call(
    uploads: CountingUploads, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    jobs = await stored(uploads, tmp_path, account, clock, batch_id=None)

    unneeded = UnneededUploads(uploads, database)
    await asyncio.gather(*map(unneeded.forget, jobs))

    assert uploads.calls == [sorted(job.id for job in jobs)]
    assert await uploads.stored() == []


async def test_a_pack_stays_until_the_last_of_its_jobs_has_ended(
    uploads: CountingUploads,
    database: Database,
    repository: JobRepository,
    account: Account,
    clock: Clock,
    tmp_path: Path,
) -> None:
    await add_batch(database, account, clock)
    await repository.insert(await stored(uploads, tmp_path, account, clock, batch_id=BATCH))
    unneeded, leases = UnneededUploads(uploads, database), Leases(database, owner="o", now=clock)

    left = []
    for job in await leases.claim(3):
        await leases.finish([succeeded(job, DELIVERY, is_spent=False)])
        await unneeded.forget(job)
        left.append(len(await uploads.stored()))

    assert left == [1, 1, 0]


async def add_batch(database: Database, account: Account, clock: Clock) -> None:
    batch = {
        "id": BATCH,
        "account_id": account.id,
        "client_batch_id": "spring",
        "chunks": 1,
        "total_files": 3,
        "created_at": clock(),
    }
    async with database.begin() as session:
        await session.execute(insert(batches).values(batch))


async def test_after_a_failure_of_the_store_the_next_ones_go_all_the_same(
    uploads: CountingUploads, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    first, second, _ = await stored(uploads, tmp_path, account, clock, batch_id=None)
    unneeded = UnneededUploads(uploads, database)

    uploads.is_broken = True
    await unneeded.forget(first)
    uploads.is_broken = False
    await unneeded.forget(second)

    assert uploads.calls == [[first.id], [second.id]]
