"""Handing jobs in: quota first, bytes before rows, everything or nothing."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import HOLD_SECONDS, Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.tables import quota_reservations
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.broker import News, make_broker
from imgproxy_py.jobs.desk import JobDesk, NewJob
from imgproxy_py.jobs.ending import INTERNAL, Ending
from imgproxy_py.jobs.errors import CallbackUrlInvalid, JobFinished
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.uploads import GROUP_BYTES, SMALL_BYTES, Uploads
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.key import UPLOADS
from tests.jobs.making import Clock, reserved_ids, spool_of
from tests.waiting import until

QUOTA = PLANS["free"].max_images_per_month or 0
BY_URL = NewJob(
    order=JobOrder(options="full", source_url="https://example.com/a.jpg"), filename="a.jpg"
)


class Bench:
    """A desk over real parts; `told` counts the news of jobs, `cancelled` holds ids."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self.told = 0
        self.cancelled: list[str] = []
        self.blobs = BlobStore(folder.as_uri())
        self.repository = JobRepository(database, now=clock)
        self.desk = JobDesk(
            repository=self.repository,
            meter=Meter(database, plans=PLANS),
            uploads=Uploads(self.blobs, spool_directory=folder),
            news=News(make_broker("memory://"), self._tell),
            check_callback=refuse_ftp,
            on_cancelled=self.cancelled.append,
            now=clock,
        )

    def _tell(self) -> None:
        self.told += 1

    async def stored_uploads(self) -> set[str]:
        return {entry.key.removeprefix(UPLOADS) async for entry in self.blobs.entries("uploads")}


def refuse_ftp(url: str) -> None:
    if url.startswith("ftp:"):
        raise CallbackUrlInvalid("give a URL that begins with https:// or http://")


@pytest.fixture
def bench(database: Database, tmp_path: Path, clock: Clock) -> Bench:
    return Bench(database, tmp_path / "results", clock)


@pytest.fixture
def identity(account: Account) -> Identity:
    return Identity(account=account, plan=PLANS["free"])


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with spool_of(tmp_path, b"a picture") as spool:
        yield spool


def by_upload(spool: Spool) -> NewJob:
    return NewJob(order=JobOrder(options="full"), filename="b.jpg", upload=spool)


async def test_what_was_taken_is_in_the_store_in_the_rows_and_in_the_news(
    bench: Bench, identity: Identity, spool: Spool, database: Database
) -> None:
    submitted = await bench.desk.submit(identity, [BY_URL, by_upload(spool)], first_number=5)
    await until(lambda: bench.told == 1)

    of_url, of_upload = submitted.accepted
    assert submitted.refused == ()
    assert (of_url.number, of_upload.number) == (5, 6)
    assert of_upload.order.upload_sha256 == spool.sha256
    assert await bench.repository.get(identity.account.id, of_upload.id) == of_upload
    assert await bench.stored_uploads() == {of_upload.id}
    assert await reserved_ids(database) == {of_url.id, of_upload.id}


async def test_jobs_beyond_the_quota_are_refused_and_the_others_taken(
    bench: Bench, identity: Identity, spool: Spool, database: Database
) -> None:
    await bench.desk.submit(identity, [BY_URL] * (QUOTA - 2))

    last = by_upload(spool)
    submitted = await bench.desk.submit(identity, [BY_URL, BY_URL, last])

    assert len(submitted.accepted) == 2
    assert submitted.refused == (last,)
    assert await bench.stored_uploads() == set()
    assert len(await reserved_ids(database)) == QUOTA


async def test_a_callback_that_can_never_be_called_is_refused_before_anything_is_taken(
    bench: Bench, identity: Identity, database: Database
) -> None:
    wrong = NewJob(order=BY_URL.order, filename="a.jpg", callback_url="ftp://example.com")

    with pytest.raises(CallbackUrlInvalid):
        await bench.desk.submit(identity, [BY_URL, wrong])

    assert await reserved_ids(database) == set()
    assert (await bench.repository.list(identity.account.id, limit=5)).jobs == ()


async def test_nothing_stays_behind_when_the_store_takes_no_more(
    bench: Bench, identity: Identity, spool: Spool, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "results" / "uploads").write_text("a file where a folder should be")

    with pytest.raises(StoreError):
        await bench.desk.submit(identity, [BY_URL, by_upload(spool)])

    assert await reserved_ids(database) == set()
    assert (await bench.repository.list(identity.account.id, limit=5)).jobs == ()


async def test_nothing_of_a_batch_stays_behind_when_its_rows_cannot_be_written(
    bench: Bench, identity: Identity, spool: Spool, database: Database
) -> None:
    files = [by_upload(spool), by_upload(spool)]

    with pytest.raises(IntegrityError):  # there is no such batch
        await bench.desk.submit(identity, files, batch_id="b" * 32)

    assert await bench.stored_uploads() == set()
    assert await reserved_ids(database) == set()


async def test_no_pack_stays_behind_when_the_store_breaks_between_two(
    bench: Bench, identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = bench.blobs.put
    kept: list[str] = []

    async def put_one(key: str, data: bytes) -> None:
        if kept:
            raise StoreError("the disk is full")
        await put(key, data)
        kept.append(key)

    monkeypatch.setattr(bench.blobs, "put", put_one)
    with spool_of(tmp_path, bytes(SMALL_BYTES)) as large:
        files = [by_upload(large) for _ in range(GROUP_BYTES // SMALL_BYTES + 1)]
        with pytest.raises(StoreError):
            await bench.desk.submit(identity, files, batch_id="b" * 32)

    assert len(kept) == 1
    assert await bench.stored_uploads() == set()


async def test_who_leaves_while_the_rows_are_written_leaves_jobs_with_their_bytes(
    bench: Bench, identity: Identity, spool: Spool, database: Database, tmp_path: Path
) -> None:
    """Another process writes: the insert has begun, waits in its thread, and cannot be stopped."""
    is_waiting = asyncio.Event()
    insert = bench.repository.insert
    with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as writer:

        async def insert_later(jobs: Sequence[Job]) -> None:
            writer.execute("BEGIN IMMEDIATE")
            inserting = asyncio.ensure_future(insert(jobs))
            await asyncio.sleep(0.1)  # until its thread waits for the lock
            is_waiting.set()
            await inserting

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(JobRepository, "insert", lambda _self, jobs: insert_later(jobs))
            handing_in = asyncio.create_task(bench.desk.submit(identity, [by_upload(spool)]))
            await is_waiting.wait()
            handing_in.cancel()
            await asyncio.sleep(0)
            writer.execute("COMMIT")
            await asyncio.gather(handing_in, return_exceptions=True)

    [job] = (await bench.repository.list(identity.account.id, limit=5)).jobs
    assert await bench.stored_uploads() == {job.id}
    assert await reserved_ids(database) == {job.id}


async def test_a_process_that_dies_before_the_rows_are_there_keeps_no_image_for_long(
    bench: Bench, identity: Identity, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storing fifty uploads takes seconds, in which nobody knows yet whose images those are."""
    died_at = asyncio.Event()

    async def die(_jobs: object) -> None:
        died_at.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(JobRepository, "insert", lambda _self, jobs: die(jobs))
    dying = asyncio.create_task(bench.desk.submit(identity, [BY_URL]))
    await died_at.wait()

    in_time = datetime.now(UTC) + timedelta(seconds=HOLD_SECONDS)
    assert await latest_end(database) <= in_time
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)


async def test_an_image_of_a_job_is_held_for_as_long_as_the_job_may_wait(
    bench: Bench, identity: Identity, database: Database
) -> None:
    await bench.desk.submit(identity, [BY_URL])

    assert await latest_end(database) >= datetime.now(UTC) + timedelta(days=365)


async def latest_end(database: Database) -> datetime:
    """When the last of all reservations ends."""
    async with database.session() as session:
        rows = await session.execute(select(quota_reservations.c.expires_at))
        ends: list[datetime] = list(rows.scalars())
    return max(ends)


async def test_cancelling_a_queued_job_removes_its_upload_and_gives_its_image_back(
    bench: Bench, identity: Identity, spool: Spool, database: Database
) -> None:
    [job] = (await bench.desk.submit(identity, [by_upload(spool)])).accepted

    cancelled = await bench.desk.cancel(identity.account.id, job.id)

    assert cancelled.state is State.CANCELLED
    assert await bench.stored_uploads() == set()
    assert await reserved_ids(database) == set()
    assert bench.cancelled == [job.id]


async def test_cancelling_one_job_of_a_batch_leaves_the_pack_to_the_others(
    bench: Bench, identity: Identity, spool: Spool, database: Database, clock: Clock
) -> None:
    chunks = ChunkRepository(database, now=clock)
    chunk = await chunks.open_chunk(identity.account.id, "x", request_sha256="x", files=2)
    files = [by_upload(spool), by_upload(spool)]
    jobs = (await bench.desk.submit(identity, files, batch_id=chunk.batch.id)).accepted

    await bench.desk.cancel(identity.account.id, jobs[0].id)

    assert await bench.stored_uploads() == {jobs[1].order.upload_pack}


async def test_whoever_works_on_a_cancelled_job_hears_of_it(
    bench: Bench, identity: Identity, database: Database, clock: Clock
) -> None:
    [job] = (await bench.desk.submit(identity, [BY_URL])).accepted
    await Leases(database, owner="a" * 32, now=clock).claim(1)

    await bench.desk.cancel(identity.account.id, job.id)
    await bench.desk.cancel(identity.account.id, job.id)

    assert set(bench.cancelled) == {job.id}


async def test_a_failed_job_is_not_cancelled(
    bench: Bench, identity: Identity, database: Database, clock: Clock
) -> None:
    await bench.desk.submit(identity, [BY_URL])
    leases = Leases(database, owner="a" * 32, now=clock)
    [job] = await leases.claim(1)
    await leases.finish([Ending(job=job, state=State.FAILED, error=INTERNAL)])

    with pytest.raises(JobFinished):
        await bench.desk.cancel(identity.account.id, job.id)

    assert bench.cancelled == []
