"""Setting right what was killed in the middle, and leaving alone what was not."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.ending import succeeded
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.leases import LEASE, Leases
from imgproxy_py.jobs.reconcile import ORPHANED_AFTER, Reconciler
from imgproxy_py.jobs.repository import JobRepository, utc_now
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.uploads import Uploads, placed
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.key import UPLOADS
from tests.jobs.making import DELIVERY, Clock, job_of, put, spool_of
from tests.waiting import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def uploads(folder: Path, tmp_path: Path) -> Uploads:
    return Uploads(BlobStore(folder.as_uri()), spool_directory=tmp_path)


async def upload_of(uploads: Uploads, job: Job, folder: Path, *, age_seconds: float) -> None:
    with spool_of(folder.parent, b"picture") as spool:
        await uploads.put([job], {job.id: spool})
    then = time.time() - age_seconds
    os.utime(folder / UPLOADS / job.id, (then, then))


async def test_uploads_of_ended_jobs_and_old_ones_without_a_job_are_removed_and_no_others(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    uploads: Uploads,
    folder: Path,
) -> None:
    old = ORPHANED_AFTER.total_seconds() + 60
    order = JobOrder(options="full", upload_sha256="ab" * 32, upload_bytes=7)
    [done] = await put(repository, account, clock, order=order)
    leases = Leases(database, owner="a" * 32, now=clock)
    [running] = await leases.claim(1)
    await leases.finish([succeeded(running, DELIVERY, is_spent=False)])
    [queued] = await put(repository, account, clock, order=order)
    orphan, fresh = job_of(account, clock), job_of(account, clock)
    for job, age in ((done, 1), (queued, old), (orphan, old), (fresh, 60)):
        await upload_of(uploads, job, folder, age_seconds=age)

    removed = await Reconciler(database, uploads, now=utc_now).sweep()

    assert removed == 2
    assert {path.name for path in (folder / UPLOADS).iterdir()} == {queued.id, fresh.id}


async def test_packs_are_swept_once_all_of_their_jobs_have_ended_and_not_before(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    uploads: Uploads,
    tmp_path: Path,
) -> None:
    chunks = ChunkRepository(database, now=clock)
    batch = (await chunks.open_chunk(account.id, "x", request_sha256="x", files=2)).batch
    order = JobOrder(options="full", upload_sha256="ab" * 32, upload_bytes=7)
    jobs = [
        job_of(account, clock, order=order, batch_id=batch.id, number=number) for number in range(2)
    ]
    with spool_of(tmp_path, b"picture") as spool:
        spools = {job.id: spool for job in jobs}
        await uploads.put(placed(jobs), spools)  # by a process that was killed before it had rows
        jobs = placed(jobs)
        await uploads.put(jobs, spools)
        await repository.insert(jobs)
    reconciler = Reconciler(database, uploads, now=lambda: utc_now() + 2 * ORPHANED_AFTER)
    leases, removed = Leases(database, owner="a" * 32, now=clock), []

    for job in await leases.claim(2):
        removed.append(await reconciler.sweep())
        await leases.finish([succeeded(job, DELIVERY, is_spent=False)])
    removed.append(await reconciler.sweep())

    assert removed == [0, 0, 2]


async def test_a_pack_that_no_job_came_of_is_swept_after_an_hour(
    database: Database, clock: Clock, uploads: Uploads, tmp_path: Path
) -> None:
    order = JobOrder(options="full", upload_sha256="ab" * 32, upload_bytes=7)
    jobs = [
        job_of("a" * 32, clock, order=order, batch_id="b" * 32, number=number)
        for number in range(2)
    ]
    with spool_of(tmp_path, b"picture") as spool:
        await uploads.put(placed(jobs), {job.id: spool for job in jobs})

    soon = await Reconciler(database, uploads, now=utc_now).sweep()
    late = Reconciler(database, uploads, now=lambda: utc_now() + 2 * ORPHANED_AFTER)

    assert (soon, await late.sweep()) == (0, 1)


async def test_a_lost_worker_s_jobs_are_found_while_it_runs_and_others_hear_of_it(
    repository: JobRepository, database: Database, account: Account, clock: Clock, uploads: Uploads
) -> None:
    [job] = await put(repository, account, clock)
    await Leases(database, owner="a" * 32, now=clock).claim(1)
    heard: list[str] = []
    reconciler = Reconciler(
        database, uploads, on_requeued=lambda: heard.append("again"), now=clock, every_seconds=0.02
    )
    task = asyncio.create_task(reconciler.run())
    try:
        await asyncio.sleep(0.2)
        assert heard == []
        clock.pass_by(LEASE.total_seconds() + 1)
        await until(lambda: bool(heard))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert (await repository.get(account.id, job.id)).state is State.QUEUED
