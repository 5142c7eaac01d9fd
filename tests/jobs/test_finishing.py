"""Group commit: ends of jobs share a transaction, and none is lost to a failing database."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.jobs import finishing
from imgproxy_py.jobs.ending import Ending, succeeded
from imgproxy_py.jobs.finishing import Finisher
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import State
from tests.jobs.making import DELIVERY, Clock, put


class CountedLeases(Leases):
    """Counts transactions; the first `failures` of them do not succeed."""

    groups: list[int]
    failures = 0

    async def finish(self, endings: Sequence[Ending]) -> set[str]:
        self.groups.append(len(endings))
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        return await super().finish(endings)


@pytest.fixture
def leases(database: Database, clock: Clock) -> CountedLeases:
    leases = CountedLeases(database, owner="a" * 32, now=clock)
    leases.groups = []
    return leases


async def test_jobs_that_end_together_are_one_transaction(
    leases: CountedLeases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock, 12)
    jobs = await leases.claim(12)
    finisher = Finisher(leases, gather_seconds=0.05)

    written = await asyncio.gather(
        *(finisher.finish(succeeded(job, DELIVERY, is_spent=False)) for job in jobs)
    )

    assert written == [True] * 12
    assert leases.groups == [12]


async def test_the_last_one_that_is_worked_on_ends_the_waiting(
    leases: CountedLeases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock, 3)
    jobs = await leases.claim(3)
    unended = {job.id for job in jobs}
    finisher = Finisher(leases, expects_more=lambda: bool(unended), gather_seconds=600)

    async def end(job: Job) -> bool:
        unended.remove(job.id)
        return await finisher.finish(succeeded(job, DELIVERY, is_spent=False))

    async with asyncio.timeout(30):
        assert await asyncio.gather(*map(end, jobs)) == [True] * 3

    assert leases.groups == [3]


async def test_a_job_that_was_lost_is_told_apart_from_its_group(
    leases: CountedLeases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock, 2)
    kept, lost = await leases.claim(2)
    await repository.cancel(account.id, lost.id)
    finisher = Finisher(leases, gather_seconds=0.01)

    endings = [succeeded(job, DELIVERY, is_spent=False) for job in (kept, lost)]

    assert await asyncio.gather(*map(finisher.finish, endings)) == [True, False]


async def test_what_could_not_be_written_is_written_when_the_database_is_back(
    leases: CountedLeases,
    repository: JobRepository,
    account: Account,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(finishing, "PAUSE_SECONDS", 0.01)
    leases.failures = 3
    await put(repository, account, clock)
    [job] = await leases.claim(1)

    assert await Finisher(leases, gather_seconds=0.01).finish(
        succeeded(job, DELIVERY, is_spent=False)
    )

    assert (await repository.get(account.id, job.id)).state is State.SUCCEEDED
    told = "the ends of jobs could not be written; they are tried again"
    assert caplog.messages == [told] * 3


async def test_what_ended_is_written_even_if_whoever_waited_was_cancelled(
    leases: CountedLeases, repository: JobRepository, account: Account, clock: Clock, tmp_path: Path
) -> None:
    await put(repository, account, clock)
    [job] = await leases.claim(1)
    finisher = Finisher(leases, gather_seconds=0.05)
    waiting = asyncio.create_task(finisher.finish(succeeded(job, DELIVERY, is_spent=False)))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await finisher.close(grace_seconds=5)

    assert (await repository.get(account.id, job.id)).state is State.SUCCEEDED
