"""A request that is sent again after its process was killed: the same jobs, and no image twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.engine.job import Limits
from imgproxy_py.jobs.batch import TakenChunk
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_desk import BatchDesk, NewChunk
from imgproxy_py.jobs.broker import News, make_broker
from imgproxy_py.jobs.desk import JobDesk, NewJob
from imgproxy_py.jobs.idempotency import KEPT
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.once import OnceDesk
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.uploads import Uploads
from imgproxy_py.sources.spool import Spool
from imgproxy_py.sources.upload import Upload
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.key import UPLOADS
from tests.jobs.making import Clock, reserved_ids, spool_of
from tests.web.pictures import png

THREE = Plan(name="three", max_keys=None, max_requests_per_minute=None, max_images_per_month=3)
Files = Callable[[str], tuple[Upload, ...]]


class Stuck(Uploads):
    """A store in whose middle the process is killed: nothing comes after it."""

    def __init__(self, blobs: BlobStore, *, spool_directory: Path) -> None:
        super().__init__(blobs, spool_directory=spool_directory)
        self.is_reached = asyncio.Event()

    async def put(self, jobs: Sequence[Job], spools: Mapping[str, Spool]) -> None:
        await super().put(jobs, spools)
        self.is_reached.set()
        await asyncio.Event().wait()
        raise AssertionError("it was killed")


class Server:
    """What one process is: everything of its own but the files."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self.blobs = BlobStore((folder / "results").as_uri())
        self.repository = JobRepository(database, now=clock)
        self.meter = Meter(database, plans={"three": THREE})
        self.desk = JobDesk(
            repository=self.repository,
            meter=self.meter,
            uploads=Uploads(self.blobs, spool_directory=folder),
            news=News(make_broker("memory://"), lambda: None),
            check_callback=lambda _url: None,
            now=clock,
        )
        self.once = OnceDesk(desk=self.desk, repository=self.repository, now=clock)
        self.batches = self._batches(database, self.desk)
        self._database, self._folder = database, folder

    def _batches(self, database: Database, desk: JobDesk) -> BatchDesk:
        return BatchDesk(
            chunks=ChunkRepository(database), desk=desk, quota=self.meter, limits=Limits()
        )

    async def killed_over(self, chunk: NewChunk) -> "asyncio.Task[TakenChunk]":
        """Images reserved and bytes stored, but no row yet; the task never ends."""
        uploads = Stuck(self.blobs, spool_directory=self._folder)
        desk = self._batches(self._database, replace(self.desk, uploads=uploads))
        task = asyncio.create_task(desk.take(chunk))
        await uploads.is_reached.wait()
        return task

    async def uploads(self) -> set[str]:
        return {entry.key.removeprefix(UPLOADS) async for entry in self.blobs.entries("uploads")}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[tuple[Database, Account]]:
    url = f"sqlite:///{tmp_path}/jobs.db"
    await migrate(url)
    database = Database(url)
    repository = AccountRepository(database, plans={"three": THREE})
    try:
        yield database, await repository.create("tester", plan="three")
    finally:
        await database.dispose()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    """Uploads by names of one letter, each with pixels of its own."""
    with ExitStack() as open_spools:

        def made(names: str) -> tuple[Upload, ...]:
            spools = (spool_of(tmp_path, png(10 + ord(name), 10)) for name in names)
            return tuple(
                Upload(filename=f"{name}.png", spool=open_spools.enter_context(spool))
                for name, spool in zip(names, spools, strict=True)
            )

        yield made


def chunk_of(account: Account, files: tuple[Upload, ...]) -> NewChunk:
    return NewChunk(
        identity=Identity(account=account, plan=THREE),
        client_batch_id="spring",
        request_sha256="one request",
        order=JobOrder(options="full"),
        files=files,
    )


def names(taken: TakenChunk) -> dict[int, str]:
    return {index: job.filename for index, job in taken.accepted.items()}


async def test_images_that_a_killed_process_had_reserved_are_taken_up(
    place: tuple[Database, Account], files: Files, tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    dead = await Server(database, tmp_path, clock).killed_over(chunk_of(account, files("abc")))
    assert len(await reserved_ids(database)) == 3

    taken = await Server(database, tmp_path, clock).batches.take(chunk_of(account, files("cab")))

    assert names(taken) == {0: "c.png", 1: "a.png", 2: "b.png"}
    assert taken.rejected == ()
    assert await reserved_ids(database) == {job.id for job in taken.accepted.values()}
    dead.cancel()


async def test_a_first_run_that_only_was_slow_takes_nothing_from_the_second(
    place: tuple[Database, Account], files: Files, tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    server = Server(database, tmp_path, clock)
    slow = await server.killed_over(chunk_of(account, files("ab")))
    taken = await server.batches.take(chunk_of(account, files("ab")))

    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)

    jobs = taken.accepted.values()
    assert await reserved_ids(database) == {job.id for job in jobs}
    assert {job.order.upload_pack for job in jobs} <= await server.uploads()


async def test_files_beyond_the_quota_are_the_same_number_whoever_was_killed(
    place: tuple[Database, Account], files: Files, tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    dead = await Server(database, tmp_path, clock).killed_over(chunk_of(account, files("abcde")))

    taken = await Server(database, tmp_path, clock).batches.take(chunk_of(account, files("edcba")))

    assert names(taken) == {0: "e.png", 1: "d.png", 2: "c.png"}
    assert [each.code for each in taken.rejected] == ["quota_exceeded"] * 2
    assert len(await reserved_ids(database)) == 3
    dead.cancel()


async def test_files_of_the_same_bytes_and_name_are_jobs_of_their_own(
    place: tuple[Database, Account], files: Files, tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    server = Server(database, tmp_path, clock)

    first = await server.batches.take(chunk_of(account, files("aab")))
    again = await server.batches.take(chunk_of(account, files("baa")))

    assert len({job.id for job in first.accepted.values()}) == 3
    assert names(again) == {0: "b.png", 1: "a.png", 2: "a.png"}
    assert {job.id for job in again.accepted.values()} == {
        job.id for job in first.accepted.values()
    }


def one(url: str = "https://example.com/a.jpg") -> NewJob:
    return NewJob(order=JobOrder(options="full", source_url=url), filename="a.jpg")


async def test_a_request_for_a_job_makes_one_however_often_it_is_sent(
    place: tuple[Database, Account], tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    identity = Identity(account=account, plan=THREE)

    first = await Server(database, tmp_path, clock).once.submit(identity, one(), request="key")
    again = await Server(database, tmp_path, clock).once.submit(identity, one(), request="key")
    other = await Server(database, tmp_path, clock).once.submit(identity, one(), request="other")

    assert first is not None
    assert first == again
    assert other is not None
    assert other.id != first.id


async def test_a_key_that_is_free_again_makes_another_job(
    place: tuple[Database, Account], tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    identity = Identity(account=account, plan=THREE)
    once = Server(database, tmp_path, clock).once

    first = await once.submit(identity, one(), request="key")
    clock.pass_by(KEPT.total_seconds())
    second = await once.submit(identity, one(), request="key")
    again = await once.submit(identity, one(), request="key")

    assert first is not None
    assert second is not None
    assert second.id != first.id
    assert again == second


async def test_an_image_that_was_reserved_for_a_job_is_taken_up(
    place: tuple[Database, Account], tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    identity = Identity(account=account, plan=THREE)
    server = Server(database, tmp_path, clock)
    uploads = Stuck(server.blobs, spool_directory=tmp_path)
    dying = replace(server.once, desk=replace(server.desk, uploads=uploads))
    dead = asyncio.create_task(dying.submit(identity, one(), request="key"))
    await uploads.is_reached.wait()
    for number in range(2):
        assert await server.once.submit(identity, one(), request=f"other {number}")

    job = await server.once.submit(identity, one(), request="key")
    refused = await server.once.submit(identity, one(), request="one more")

    assert job is not None
    assert refused is None
    dead.cancel()


async def test_without_a_key_every_request_makes_a_job(
    place: tuple[Database, Account], tmp_path: Path, clock: Clock
) -> None:
    database, account = place
    identity = Identity(account=account, plan=THREE)
    once = Server(database, tmp_path, clock).once

    made = [await once.submit(identity, one(), request=None) for _ in range(4)]

    assert len({job.id for job in made if job}) == 3
    assert made[3] is None
