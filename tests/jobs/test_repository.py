"""Jobs as their accounts see them: everything comes back, lists go on, cancelling is final."""

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.ending import succeeded
from imgproxy_py.jobs.errors import CursorInvalid, JobFinished, JobNotFound
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import State
from tests.jobs.making import DELIVERY, Clock, job_of, put, reserve, reserved_ids, used_images


async def test_a_job_comes_back_as_it_was_put_in(
    repository: JobRepository, account: Account, clock: Clock
) -> None:
    order = JobOrder(
        options="300x200,crop",
        upload_sha256="cd" * 32,
        upload_bytes=1234,
        warnings=("unknown field ignored",),
        keeps_result=True,
    )
    job = job_of(
        account,
        clock,
        order=order,
        key_id="k" * 32,
        number=7,
        filename="Größe 1.jpg",
        callback_url="https://example.com/hook",
    )
    await repository.insert([job])

    assert await repository.get(account.id, job.id) == job


async def test_a_result_comes_back_as_it_was_delivered(
    repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    await put(repository, account, clock)
    leases = Leases(database, owner="a" * 32, now=clock)
    [running] = await leases.claim(1)
    await leases.finish([succeeded(running, DELIVERY, is_spent=False)])

    found = await repository.get(account.id, running.id)

    assert (found.state, found.result, found.error) == (State.SUCCEEDED, DELIVERY, None)
    assert (found.started_at, found.finished_at, found.owner) == (clock(), clock(), None)


async def test_another_account_s_job_is_as_unknown_as_one_that_never_was(
    repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    [job] = await put(repository, account, clock)
    other = await AccountRepository(database).create("other", plan="free")

    with pytest.raises(JobNotFound) as seen:
        await repository.get(other.id, job.id)
    with pytest.raises(JobNotFound):
        await repository.cancel(other.id, job.id)

    assert str(seen.value) == f'there is no job "{job.id}"'


async def test_pages_together_are_the_whole_list_newest_first(
    repository: JobRepository, account: Account, clock: Clock
) -> None:
    jobs = await put(repository, account, clock, 7)
    clock.pass_by(1)
    at_once = [job_of(account, clock) for _ in range(3)]  # the same moment: ids decide
    await repository.insert(at_once)

    seen: list[Job] = []
    cursor = None
    for _ in range(5):
        page = await repository.list(account.id, before=cursor, limit=2)
        seen += page.jobs
        cursor = page.next_cursor

    assert cursor is None
    newest = sorted(at_once, key=lambda job: job.id, reverse=True)
    assert [job.id for job in seen] == [job.id for job in (*newest, *reversed(jobs))]


async def test_a_list_holds_only_the_state_that_was_asked_for(
    repository: JobRepository, account: Account, clock: Clock
) -> None:
    first, second = await put(repository, account, clock, 2)
    await repository.cancel(account.id, first.id)

    queued = await repository.list(account.id, state=State.QUEUED, limit=10)
    cancelled = await repository.list(account.id, state=State.CANCELLED, limit=10)

    assert [job.id for job in queued.jobs] == [second.id]
    assert [job.id for job in cancelled.jobs] == [first.id]


@pytest.mark.parametrize("cursor", ["", "x", "1_2", f"-1_{'a' * 32}", f"{'9' * 40}_{'a' * 32}"])
async def test_a_made_up_cursor_is_refused(
    repository: JobRepository, account: Account, cursor: str
) -> None:
    with pytest.raises(CursorInvalid) as seen:
        await repository.list(account.id, before=cursor, limit=1)

    assert str(seen.value) == "the cursor is none that a list gave out; begin without one"


async def test_a_cancelled_job_gives_its_image_back_and_is_never_claimed(
    repository: JobRepository, database: Database, meter: Meter, account: Account, clock: Clock
) -> None:
    job = job_of(account, clock)
    await reserve(meter, account, [job])
    await repository.insert([job])

    cancelled = await repository.cancel(account.id, job.id)

    assert (cancelled.state, cancelled.finished_at) == (State.CANCELLED, clock())
    assert await repository.cancel(account.id, job.id) == cancelled
    assert await Leases(database, owner="a" * 32, now=clock).claim(5) == []
    assert (await reserved_ids(database), await used_images(database)) == (set(), 0)


async def test_a_job_that_has_ended_cannot_be_cancelled(
    repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    [job] = await put(repository, account, clock)
    leases = Leases(database, owner="a" * 32, now=clock)
    [running] = await leases.claim(1)
    await leases.finish([succeeded(running, DELIVERY, is_spent=False)])

    with pytest.raises(JobFinished) as seen:
        await repository.cancel(account.id, job.id)

    assert (
        str(seen.value) == f'the job "{job.id}" has succeeded already: there is nothing to cancel'
    )
    assert (await repository.get(account.id, job.id)).state is State.SUCCEEDED


async def test_a_queued_job_keeps_its_image_for_longer_than_any_request_would(
    repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    meter = Meter(database, plans=PLANS, now=clock)
    job = job_of(account, clock)
    await reserve(meter, account, [job])
    await repository.insert([job])

    clock.pass_by(30 * 86_400)
    await meter.reserve(account, ["f" * 32])  # sweeps what has expired

    assert job.id in await reserved_ids(database)
