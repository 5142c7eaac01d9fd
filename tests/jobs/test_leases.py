"""Jobs as their workers see them: one owner at a time, and only the owner's word counts."""

from datetime import timedelta

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.ending import MAX_ATTEMPTS, WORKER_LOST, WORKER_STOPPED, Ending, succeeded
from imgproxy_py.jobs.job import Job, JobError
from imgproxy_py.jobs.leases import LEASE, Leases, release_expired
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import State
from tests.jobs.making import DELIVERY, Clock, job_of, put, reserve, reserved_ids, used_images

BROKEN = JobError(code="broken_image", message="the picture is damaged")


@pytest.fixture
def leases(database: Database, clock: Clock) -> Leases:
    return Leases(database, owner="a" * 32, now=clock)


@pytest.fixture
def others(database: Database, clock: Clock) -> Leases:
    return Leases(database, owner="b" * 32, now=clock)


def failed(job: Job) -> Ending:
    return Ending(job=job, state=State.FAILED, error=BROKEN)


def retried(job: Job, seconds: float) -> Ending:
    wait = timedelta(seconds=seconds)
    return Ending(job=job, state=State.QUEUED, error=BROKEN, wait=wait)


async def test_the_oldest_jobs_are_claimed_first_and_no_more_than_were_asked_for(
    leases: Leases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    jobs = await put(repository, account, clock, 5)

    claimed = await leases.claim(3)

    assert [job.id for job in claimed] == [job.id for job in jobs[:3]]
    assert {(job.state, job.attempt, job.owner) for job in claimed} == {
        (State.RUNNING, 1, "a" * 32)
    }
    assert [job.id for job in await leases.claim(9)] == [job.id for job in jobs[3:]]


async def test_nobody_else_gets_a_claimed_job(
    leases: Leases, others: Leases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock, 3)
    await leases.claim(3)

    assert await others.claim(3) == []


async def test_an_account_with_a_long_queue_does_not_keep_another_waiting(
    leases: Leases, repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    other = await AccountRepository(database).create("other", plan="free")
    await put(repository, account, clock, 40)
    late = await put(repository, other, clock, 2)

    claimed = await leases.claim(8)

    assert {job.id for job in late} <= {job.id for job in claimed}
    assert len(claimed) == 8


async def test_accounts_take_turns_when_there_is_room_for_fewer_than_wait(
    leases: Leases, repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    accounts = [account]
    accounts += [await AccountRepository(database).create(f"u{n}", plan="free") for n in range(3)]
    for each in accounts:
        await put(repository, each, clock, 3)

    served = [job.account_id for _ in range(4) for job in await leases.claim(1)]

    assert sorted(served) == sorted(each.id for each in accounts)


async def test_a_job_that_is_to_be_tried_again_is_not_claimed_before_its_time(
    leases: Leases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock)
    [running] = await leases.claim(1)
    await leases.finish([retried(running, 2)])

    clock.pass_by(1.9)
    assert await leases.claim(1) == []
    clock.pass_by(0.1)
    [again] = await leases.claim(1)

    assert (again.attempt, again.started_at) == (2, running.started_at)


async def test_a_worker_that_lost_its_lease_changes_nothing(
    leases: Leases,
    others: Leases,
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
) -> None:
    await put(repository, account, clock)
    [mine] = await leases.claim(1)
    clock.pass_by(LEASE.total_seconds() + 1)
    await release_expired(database, now=clock())
    [theirs] = await others.claim(1)

    assert await leases.finish([succeeded(mine, DELIVERY, is_spent=True)]) == set()
    assert await leases.renew([mine.id]) == set()
    await leases.give_back([mine.id], were_begun=True)

    found = await repository.get(account.id, mine.id)
    assert (found.state, found.owner, found.attempt) == (State.RUNNING, "b" * 32, 2)
    assert await others.finish([failed(theirs)]) == {theirs.id}


async def test_the_same_worker_s_earlier_attempt_changes_nothing_either(
    leases: Leases,
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
) -> None:
    await put(repository, account, clock)
    [first] = await leases.claim(1)
    clock.pass_by(LEASE.total_seconds() + 1)
    await release_expired(database, now=clock())
    await leases.claim(1)

    assert await leases.finish([failed(first)]) == set()
    assert (await repository.get(account.id, first.id)).state is State.RUNNING


async def test_renewing_holds_a_job_for_longer_than_one_lease(
    leases: Leases, repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock)
    [running] = await leases.claim(1)
    for _ in range(4):
        clock.pass_by(LEASE.total_seconds() * 0.8)
        assert await leases.renew([running.id]) == {running.id}

    assert await release_expired(database, now=clock()) == ([], [])


async def test_a_cancelled_job_is_not_renewed(
    leases: Leases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    kept, cancelled = await put(repository, account, clock, 2)
    await leases.claim(2)
    await repository.cancel(account.id, cancelled.id)

    assert await leases.renew([kept.id, cancelled.id]) == {kept.id}
    assert (await repository.get(account.id, cancelled.id)).state is State.CANCELLED


async def test_endings_of_a_group_are_each_judged_alone(
    leases: Leases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock, 4)
    one, two, three, four = await leases.claim(4)
    await repository.cancel(account.id, three.id)

    held = await leases.finish(
        [
            succeeded(one, DELIVERY, is_spent=True),
            failed(two),
            succeeded(three, DELIVERY, is_spent=True),
            retried(four, 8),
        ]
    )

    assert held == {one.id, two.id, four.id}
    states = [(await repository.get(account.id, each.id)).state for each in (one, two, three, four)]
    assert states == [State.SUCCEEDED, State.FAILED, State.CANCELLED, State.QUEUED]


async def test_only_what_was_spent_is_counted_and_only_a_retried_job_stays_reserved(
    leases: Leases,
    repository: JobRepository,
    database: Database,
    meter: Meter,
    account: Account,
    clock: Clock,
) -> None:
    jobs = [job_of(account, clock, number=number) for number in range(4)]
    await reserve(meter, account, jobs)
    await repository.insert(jobs)
    spent, cached, broken, again = await leases.claim(4)

    await leases.finish(
        [
            succeeded(spent, DELIVERY, is_spent=True),
            succeeded(cached, DELIVERY, is_spent=False),
            failed(broken),
            retried(again, 2),
        ]
    )

    assert await used_images(database) == 1
    assert await reserved_ids(database) == {again.id}


async def test_what_a_stopping_worker_puts_back_has_not_been_attempted(
    leases: Leases, others: Leases, repository: JobRepository, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock, 2)
    begun, waiting = await leases.claim(2)

    await leases.give_back([begun.id], were_begun=True)
    await leases.give_back([waiting.id], were_begun=False)

    again = {job.id: job for job in await others.claim(2)}
    assert {job.attempt for job in again.values()} == {1}
    assert again[begun.id].error == WORKER_STOPPED
    assert again[waiting.id].error is None


async def test_a_lost_worker_s_job_is_tried_by_another_and_fails_when_that_happens_too_often(
    leases: Leases,
    repository: JobRepository,
    database: Database,
    meter: Meter,
    account: Account,
    clock: Clock,
) -> None:
    job = job_of(account, clock, callback_url="https://example.com/hook")
    await reserve(meter, account, [job])
    await repository.insert([job])
    for attempt in range(1, MAX_ATTEMPTS):
        await leases.claim(1)
        clock.pass_by(LEASE.total_seconds() + 1)
        assert await release_expired(database, now=clock()) == ([job.id], []), attempt
        assert (await repository.get(account.id, job.id)).error == WORKER_LOST
    await leases.claim(1)
    clock.pass_by(LEASE.total_seconds() + 1)

    assert await release_expired(database, now=clock()) == ([], [job.id])

    found = await repository.get(account.id, job.id)
    assert found.state is State.FAILED
    assert found.error == JobError(
        code="worker_lost",
        message="the process that worked on this picture was lost 3 times",
    )
    assert (await reserved_ids(database), await used_images(database)) == (set(), 0)
