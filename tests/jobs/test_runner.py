"""The runner: a few at a time, in groups, held while they last, put back when it stops."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.database.database import Database
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.jobs.in_hand import Bounds
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.leases import Leases, release_expired
from imgproxy_py.jobs.repository import JobRepository, utc_now
from imgproxy_py.jobs.runner import JobRunner
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs as job_rows
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.order import Order
from tests.jobs.making import (
    DELIVERY,
    Clock,
    job_of,
    put,
    reserve,
    reserved_ids,
    spool_of,
    used_images,
)
from tests.jobs.working import WrittenDesk, attempts_with
from tests.waiting import until, until_told

BOUNDS = Bounds(at_work=3, ahead=4)
Fulfil = Callable[[Order], Awaitable[Delivery]]


@pytest.fixture
def clock() -> Clock:
    """In step with the runner's, which is real."""
    clock = Clock()
    clock.now = utc_now() - timedelta(minutes=1)
    return clock


class Stage:
    """A runner and what it says; `fulfil` stands in for the engine."""

    def __init__(self, database: Database, directory: Path, fulfil: Fulfil, owner: str) -> None:
        self.ended: list[str] = []
        self.attempts = attempts_with(database, directory, fulfil)
        self.leases = Leases(database, owner=owner * 32, lease=timedelta(seconds=1.5))
        self.runner = JobRunner(
            self.leases,
            self.attempts,
            bounds=BOUNDS,
            on_finished=lambda job: self.ended.append(job.id),
            poll_seconds=0.05,
        )

    @property
    def desk(self) -> WrittenDesk:
        assert isinstance(self.attempts.desk, WrittenDesk)
        return self.attempts.desk


@asynccontextmanager
async def running(
    database: Database, directory: Path, fulfil: Fulfil, *, owner: str = "a", grace: float = 5.0
) -> AsyncIterator[Stage]:
    stage = Stage(database, directory, fulfil, owner)
    stage.runner.start()
    try:
        yield stage
    finally:
        await stage.runner.close(grace_seconds=grace)


async def quickly(order: Order) -> Delivery:
    await asyncio.sleep(0.005)
    return DELIVERY


async def for_ever(order: Order) -> Delivery:
    await asyncio.sleep(3600)
    return DELIVERY


async def states(repository: JobRepository, account: Account) -> list[State]:
    return [job.state for job in (await repository.list(account.id, limit=1000)).jobs]


async def test_every_job_is_done_once_and_never_more_at_a_time_than_allowed(
    repository: JobRepository,
    database: Database,
    meter: Meter,
    account: Account,
    clock: Clock,
    tmp_path: Path,
) -> None:
    jobs = [job_of(account, clock, number=number) for number in range(60)]
    await reserve(meter, account, jobs)
    await repository.insert(jobs)
    as_many_as_allowed = asyncio.Barrier(BOUNDS.at_work)

    async def fulfil(order: Order) -> Delivery:
        await as_many_as_allowed.wait()
        return await quickly(order)

    async with running(database, tmp_path, fulfil) as stage:
        await until(lambda: len(stage.ended) == 60)
        await asyncio.sleep(0.1)

    assert sorted(stage.ended) == sorted(job.id for job in jobs)
    assert set(await states(repository, account)) == {State.SUCCEEDED}
    assert stage.desk.most_at_once == BOUNDS.at_work
    assert (await used_images(database), await reserved_ids(database)) == (60, set())


async def test_two_runners_share_the_work_and_do_nothing_twice(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    jobs = await put(repository, account, clock, 60)
    both_work = asyncio.Event()

    async def fulfil(order: Order) -> Delivery:
        await both_work.wait()
        return DELIVERY

    async with (
        running(database, tmp_path, fulfil) as one,
        running(database, tmp_path, fulfil, owner="b") as two,
    ):
        await until(lambda: min(one.desk.at_once, two.desk.at_once) > 0)
        both_work.set()
        await until(lambda: len(one.ended) + len(two.ended) == 60)

    assert sorted(one.ended + two.ended) == sorted(job.id for job in jobs)
    assert min(len(one.ended), len(two.ended)) > 0


async def test_news_are_heard_at_once(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    stage = Stage(database, tmp_path, quickly, "a")
    stage.runner._poll_seconds = 60
    stage.runner.start()
    await asyncio.sleep(0.1)
    await put(repository, account, clock)

    stage.runner.wake()
    await until(lambda: bool(stage.ended))  # long before it would have looked by itself
    await stage.runner.close(grace_seconds=1)


async def test_a_failed_job_ends_and_the_others_go_on(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    jobs = await put(repository, account, clock, 9)
    broken = {job.id for job in jobs[::3]}

    async def fulfil(order: Order) -> Delivery:
        if order.reservation_id in broken:
            raise BrokenImage("the picture ends in the middle")
        return DELIVERY

    async with running(database, tmp_path, fulfil) as stage:
        await until(lambda: len(stage.ended) == 9)

    found = await repository.list(account.id, limit=20)
    assert {job.id for job in found.jobs if job.state is State.FAILED} == broken


async def test_a_job_that_outlasts_its_lease_is_held_and_taken_by_nobody(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    await put(repository, account, clock)
    may_end = asyncio.Event()

    async def slowly(order: Order) -> Delivery:
        await may_end.wait()
        return DELIVERY

    async def lease_end() -> datetime | None:
        async with database.session() as session:
            return await session.scalar(select(job_rows.c.lease_until))

    async def is_renewed() -> bool:
        return await lease_end() != first_end

    async with running(database, tmp_path, slowly) as stage:
        await until(lambda: bool(stage.runner.held))
        for _ in range(2):
            first_end = await lease_end()
            assert first_end is not None
            await until_told(is_renewed, True)
            assert await release_expired(database, now=first_end) == ([], [])
        may_end.set()
        await until(lambda: bool(stage.ended))

    assert await states(repository, account) == [State.SUCCEEDED]


async def test_a_running_job_that_is_cancelled_is_dropped_and_stays_cancelled(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    [job] = await put(repository, account, clock)

    async with running(database, tmp_path, for_ever) as stage:
        await until(lambda: stage.desk.at_once == 1)
        await repository.cancel(account.id, job.id)
        stage.runner.abandon(job.id)
        await until(lambda: not stage.runner.held)

    assert stage.desk.at_once == 0
    assert await states(repository, account) == [State.CANCELLED]


async def test_a_job_that_another_process_cancelled_is_dropped_within_a_lease(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    [job] = await put(repository, account, clock)

    async with running(database, tmp_path, for_ever) as stage:
        await until(lambda: stage.desk.at_once == 1)
        await repository.cancel(account.id, job.id)
        await until(lambda: not stage.runner.held)

    assert await states(repository, account) == [State.CANCELLED]


async def test_stopping_finishes_what_was_begun_and_puts_the_rest_back(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    await put(repository, account, clock, 20)
    begun: list[str | None] = []

    async def slowly(order: Order) -> Delivery:
        begun.append(order.reservation_id)
        await asyncio.sleep(0.5)
        return DELIVERY

    async with running(database, tmp_path, slowly) as stage:
        await until(lambda: len(begun) == BOUNDS.at_work)

    found = (await repository.list(account.id, limit=30)).jobs
    assert {job.id for job in found if job.state is State.SUCCEEDED} == set(begun)
    assert sorted(stage.ended) == sorted(str(job_id) for job_id in begun)
    left = [job for job in found if job.state is State.QUEUED]
    assert (len(left), {job.attempt for job in left}) == (20 - len(begun), {0})


async def test_what_cannot_be_finished_in_time_is_put_back_unattempted(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    await put(repository, account, clock, 2)

    async with running(database, tmp_path, for_ever, grace=0.1) as stage:
        await until(lambda: stage.desk.at_once == 2)

    found = (await repository.list(account.id, limit=5)).jobs
    assert {(job.state, job.attempt, job.owner) for job in found} == {(State.QUEUED, 0, None)}


async def test_the_time_to_finish_begins_when_the_server_is_told_to_stop(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    await put(repository, account, clock)
    stage = Stage(database, tmp_path, for_ever, "a")
    told: list[bool] = []
    stage.runner._is_stopping = lambda: bool(told)
    stage.runner.start()
    await until(lambda: stage.desk.at_once == 1)
    told.append(True)
    await asyncio.sleep(2)  # as long as requests are drained

    started_at = time.monotonic()
    await stage.runner.close(grace_seconds=2)

    assert time.monotonic() - started_at < 1.9  # nothing is left of two seconds


async def test_a_job_is_forgotten_by_the_store_when_it_has_ended(
    repository: JobRepository, database: Database, account: Account, clock: Clock, tmp_path: Path
) -> None:
    async with running(database, tmp_path, quickly) as stage:
        with spool_of(tmp_path, b"picture") as spool:
            order = JobOrder(options="full", upload_sha256=spool.sha256, upload_bytes=7)
            job: Job = job_of(account, clock, order=order)
            await stage.attempts.uploads.put([job], {job.id: spool})
        await repository.insert([job])
        await until(lambda: bool(stage.ended) and not stage.runner.held)

        assert await stage.attempts.uploads.stored() == []
