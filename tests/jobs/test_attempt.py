"""One attempt at one job: what is ordered, what it costs, and how it ends."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.jobs.ending import WORKER_LOST, WORKER_STOPPED
from imgproxy_py.jobs.job import Job, JobError, JobOrder
from imgproxy_py.jobs.states import State
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.order import Order
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.sources.spool import Spool
from options_grammar import parse
from tests.jobs.making import DELIVERY, Clock, job_of, spool_of
from tests.jobs.working import attempts_with

CACHED = replace(DELIVERY, is_cached=True)


@pytest.fixture
def job(account: Account, clock: Clock) -> Job:
    return job_of(account, clock, attempt=1, state=State.RUNNING)


async def test_the_order_is_what_the_job_says(
    database: Database, tmp_path: Path, account: Account, job: Job
) -> None:
    orders: list[Order] = []

    async def fulfil(order: Order) -> Delivery:
        orders.append(order)
        return DELIVERY

    wanted = JobOrder(
        options="300x200,crop",
        source_url="https://example.com/a.jpg",
        warnings=("mind",),
        keeps_result=True,
    )
    ending = await attempts_with(database, tmp_path, fulfil).attempt(replace(job, order=wanted))

    [order] = orders
    assert (ending.state, ending.result, ending.is_spent) == (State.SUCCEEDED, DELIVERY, True)
    assert order.identity.account == account
    assert order.options == parse("300x200,crop").options
    assert (order.source_url, order.upload) == ("https://example.com/a.jpg", None)
    assert (order.warnings, order.keeps_result) == (("mind",), True)
    assert order.reservation_id == job.id


@pytest.mark.parametrize(("options", "seconds"), [("full", 120.0), ("full,timeout=45", 45.0)])
async def test_a_job_has_more_time_than_a_request_unless_it_says_otherwise(
    database: Database, tmp_path: Path, job: Job, options: str, seconds: float
) -> None:
    left: list[float] = []

    async def fulfil(order: Order) -> Delivery:
        left.append(order.deadline - time.monotonic())
        return DELIVERY

    order = replace(job.order, options=options)
    await attempts_with(database, tmp_path, fulfil).attempt(replace(job, order=order))

    assert left[0] == pytest.approx(seconds, abs=1)


async def test_an_upload_is_read_back_for_the_order_and_closed_after_it(
    database: Database, tmp_path: Path, job: Job
) -> None:
    seen: list[tuple[bytes, str | None, Spool]] = []

    async def fulfil(order: Order) -> Delivery:
        assert order.upload is not None
        seen.append((order.upload.read(), order.upload_name, order.upload))
        return DELIVERY

    attempts = attempts_with(database, tmp_path, fulfil)
    with spool_of(tmp_path, b"picture") as spool:
        await attempts.uploads.put([job], {job.id: spool})
        order = JobOrder(options="full", upload_sha256=spool.sha256, upload_bytes=7)
    await attempts.attempt(replace(job, order=order))

    [(data, name, spool)] = seen
    assert (data, name, spool.fileno()) == (b"picture", "photo.jpg", -1)


async def test_a_result_that_the_account_had_already_costs_nothing(
    database: Database, tmp_path: Path, job: Job
) -> None:
    async def fulfil(order: Order) -> Delivery:
        return CACHED

    ending = await attempts_with(database, tmp_path, fulfil).attempt(job)

    assert (ending.result, ending.is_spent) == (CACHED, False)


@pytest.mark.parametrize("interruption", [WORKER_LOST, WORKER_STOPPED])
async def test_what_the_last_worker_had_made_already_is_counted_once_and_not_called_cached(
    database: Database, tmp_path: Path, job: Job, interruption: JobError
) -> None:
    async def fulfil(order: Order) -> Delivery:
        return CACHED

    again = replace(job, attempt=2, error=interruption)
    ending = await attempts_with(database, tmp_path, fulfil).attempt(again)

    assert (ending.result, ending.is_spent) == (DELIVERY, True)


async def test_a_broken_picture_fails_at_once_with_its_reason(
    database: Database, tmp_path: Path, job: Job
) -> None:
    async def fulfil(order: Order) -> Delivery:
        raise BrokenImage("the picture ends in the middle")

    ending = await attempts_with(database, tmp_path, fulfil).attempt(job)

    assert ending.state is State.FAILED
    assert ending.error == JobError(code="broken_image", message="the picture ends in the middle")


async def test_a_silent_origin_is_asked_again_later(
    database: Database, tmp_path: Path, job: Job
) -> None:
    async def fulfil(order: Order) -> Delivery:
        raise OriginTimeout("the origin did not answer in time")

    ending = await attempts_with(database, tmp_path, fulfil).attempt(job)

    assert (ending.state, ending.wait) == (State.QUEUED, timedelta(seconds=2))


async def test_only_the_last_failure_stands_in_the_report(
    database: Database, tmp_path: Path, account: Account, job: Job
) -> None:
    async def fulfil(order: Order) -> Delivery:
        raise OriginTimeout("the origin did not answer in time")

    attempts = attempts_with(database, tmp_path, fulfil)
    for attempt in (1, 2, 3):
        await attempts.attempt(replace(job, attempt=attempt))

    await attempts.meter.flush()
    report = await attempts.meter.report(account, (await attempts.meter.month(account)).month)
    assert report.total.failures == 1


async def test_a_disabled_account_s_job_fails_with_that_reason(
    database: Database, tmp_path: Path, account: Account, job: Job
) -> None:
    await AccountRepository(database).set_disabled(account.username, is_disabled=True)

    ending = await attempts_with(database, tmp_path).attempt(job)

    assert ending.error == JobError(code="IM2ACCOUNT", message='the account "user" is disabled')


async def test_options_that_cannot_be_read_any_more_fail_with_that_reason(
    database: Database, tmp_path: Path, job: Job
) -> None:
    order = replace(job.order, options="no-such-option")

    ending = await attempts_with(database, tmp_path).attempt(replace(job, order=order))

    assert ending.state is State.FAILED
    assert ending.error is not None
    assert ending.error.message.startswith('unknown option "no-such-option"')
