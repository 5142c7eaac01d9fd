"""Cancelling what runs: an image that was made by then counts, one that was not is given back."""

from datetime import UTC, datetime, timedelta

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.ending import succeeded
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.leases import LEASE, Leases, release_expired
from imgproxy_py.jobs.repository import KEPT_AFTER_CANCEL, JobRepository
from imgproxy_py.jobs.states import State
from tests.jobs.making import DELIVERY, Clock, job_of, reserve, reserved_ids, used_images


@pytest.fixture
def clock() -> Clock:
    """The time of now: reservations are made by the meter's own clock."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    return clock


@pytest.fixture
def leases(database: Database, clock: Clock) -> Leases:
    return Leases(database, owner="a" * 32, now=clock)


@pytest.fixture
async def running(
    leases: Leases, repository: JobRepository, meter: Meter, account: Account, clock: Clock
) -> Job:
    """A job that is worked on, with an image of the quota."""
    new = job_of(account, clock)
    await reserve(meter, account, [new])
    await repository.insert([new])
    [job] = await leases.claim(1)
    return job


async def test_what_was_made_when_it_was_cancelled_counts_once(
    leases: Leases, repository: JobRepository, database: Database, account: Account, running: Job
) -> None:
    """The account has the result: asked for again it would be a repeat, and free."""
    await repository.cancel(account.id, running.id)
    ending = succeeded(running, DELIVERY, is_spent=True)

    assert await leases.finish([ending, ending]) == set()
    assert await leases.finish([ending]) == set()

    assert await used_images(database) == 1
    assert await reserved_ids(database) == set()
    assert (await repository.get(account.id, running.id)).state is State.CANCELLED


async def test_what_was_not_made_is_given_back_once_nobody_can_be_making_it(
    repository: JobRepository, database: Database, account: Account, running: Job, clock: Clock
) -> None:
    await repository.cancel(account.id, running.id)
    late = Clock()
    late.now = clock() + KEPT_AFTER_CANCEL + timedelta(seconds=1)

    month = await Meter(database, plans=PLANS, now=late).month(account)

    assert KEPT_AFTER_CANCEL > LEASE
    assert (month.used, month.reserved) == (0, 0)


async def test_what_another_worker_took_over_is_not_counted_by_the_one_that_lost_it(
    leases: Leases, repository: JobRepository, database: Database, running: Job, clock: Clock
) -> None:
    clock.pass_by(LEASE.total_seconds() + 1)
    await release_expired(database, now=clock())

    await leases.finish([succeeded(running, DELIVERY, is_spent=True)])

    assert await used_images(database) == 0
    assert await reserved_ids(database) == {running.id}
