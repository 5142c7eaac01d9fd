"""Callbacks to a real receiver: signed, tried again, kept in the rows, and never sent inside."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.callback_rows import CallbackRows, DueCallback
from imgproxy_py.jobs.callbacks import (
    MAX_OF_ACCOUNT,
    CallbackLetters,
    CallbackSender,
    callback_check,
)
from imgproxy_py.jobs.ending import succeeded
from imgproxy_py.jobs.errors import CallbackUrlInvalid
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.webhook import BACKOFF_SECONDS, MAX_ATTEMPTS, account_secret
from imgproxy_py.sources.callback import Callbacks
from imgproxy_py.sources.errors import OriginTimeout, SourceNotPublic
from imgproxy_py.sources.policy import FetchPolicy
from tests.jobs.making import DELIVERY, Clock, put
from tests.jobs.receiver import LOOPBACK, Receiver, running_receiver
from tests.waiting import until

SERVER_SECRET = b"s" * 32
LETTERS = CallbackLetters(
    public_url="https://images.example", server_secrets=[SERVER_SECRET], clock=lambda: 1_900_000_000
)


class NotedRows(CallbackRows):
    """Real rows, and the attempts that were written down with what is to come of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, now=clock)
        self.settled: list[int] = []

    async def settle(self, callback: DueCallback, *, wait: timedelta | None) -> None:
        await super().settle(callback, wait=wait)
        self.settled.append(callback.attempt)


@asynccontextmanager
async def sending(database: Database, poster: Callbacks, clock: Clock) -> AsyncIterator[list[int]]:
    """A sender at work; gives the attempts that it has finished."""
    rows = NotedRows(database, clock)
    sender = CallbackSender(
        rows=rows,
        poster=poster,
        letters=LETTERS,
        random=lambda: 0.0,
        poll_seconds=0.02,
    )
    task = asyncio.create_task(sender.run())
    try:
        yield rows.settled
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def finished_job(
    repository: JobRepository, database: Database, account: Account, clock: Clock, url: str
) -> Job:
    [job] = await put(repository, account, clock, callback_url=url)
    leases = Leases(database, owner="a" * 32, now=clock)
    [running] = await leases.claim(1)
    await leases.finish([succeeded(running, DELIVERY, is_spent=False)])
    return await repository.get(account.id, job.id)


async def is_due(database: Database, clock: Clock) -> bool:
    """Whether any callback will ever be sent again."""
    late = Clock()
    late.now = clock()
    late.pass_by(86_400)
    return bool(await CallbackRows(database, now=late).take(1))


async def test_a_finished_job_is_posted_as_the_api_shows_it_and_signed(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    poster: Callbacks,
    receiver: Receiver,
) -> None:
    job = await finished_job(repository, database, account, clock, receiver.url)
    async with sending(database, poster, clock) as settled:
        await until(lambda: settled == [1])

    [received] = receiver.received
    assert json.loads(received.body) == job.as_json(public_url="https://images.example")
    assert received.headers["webhook-id"] == f"msg_{job.id}"
    assert received.headers["content-type"] == "application/json"
    secret = account_secret(SERVER_SECRET, account.id)
    signed = b".".join(
        [
            received.headers["webhook-id"].encode(),
            received.headers["webhook-timestamp"].encode(),
            received.body,
        ]
    )
    digest = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    assert received.headers["webhook-signature"] == f"v1,{digest}"
    assert not await is_due(database, clock)


async def test_an_unfinished_job_and_one_without_a_callback_url_announce_nothing(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    receiver: Receiver,
) -> None:
    await put(repository, account, clock, callback_url=receiver.url)
    [other] = await put(repository, account, clock)
    await repository.cancel(account.id, other.id)

    assert not await is_due(database, clock)


async def test_a_cancelled_job_is_announced_too(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    poster: Callbacks,
    receiver: Receiver,
) -> None:
    [job] = await put(repository, account, clock, callback_url=receiver.url)
    await repository.cancel(account.id, job.id)
    async with sending(database, poster, clock):
        await until(lambda: len(receiver.received) == 1)

    assert json.loads(receiver.received[0].body)["status"] == "cancelled"


async def test_a_receiver_that_fails_is_called_again_later_with_the_same_id(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    poster: Callbacks,
    receiver: Receiver,
) -> None:
    receiver.statuses = [500, 302]
    await finished_job(repository, database, account, clock, receiver.url)
    async with sending(database, poster, clock) as settled:
        await until(lambda: settled == [1])
        clock.pass_by(BACKOFF_SECONDS[0] - 1)
        await asyncio.sleep(0.2)
        assert len(receiver.received) == 1
        clock.pass_by(1)
        await until(lambda: settled == [1, 2])
        clock.pass_by(BACKOFF_SECONDS[1])
        await until(lambda: settled == [1, 2, 3])

    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert {each.path for each in receiver.received} == {"/hook"}  # no redirect was followed
    assert not await is_due(database, clock)


async def test_after_the_last_attempt_nobody_is_called_any_more(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    poster: Callbacks,
    receiver: Receiver,
) -> None:
    receiver.statuses = [503] * 20
    await finished_job(repository, database, account, clock, receiver.url)
    async with sending(database, poster, clock) as settled:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            await until(lambda attempt=attempt: len(settled) == attempt)  # type: ignore[misc]
            clock.pass_by(3600)
        await asyncio.sleep(0.2)

    assert len(receiver.received) == MAX_ATTEMPTS
    assert not await is_due(database, clock)


async def test_a_callback_that_fails_in_a_way_nobody_expected_is_not_tried_for_ever(
    repository: JobRepository, database: Database, account: Account, clock: Clock
) -> None:
    class Broken(Callbacks):
        async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
            attempts.append(url)
            raise ValueError("a bug of ours")

    attempts: list[str] = []
    await finished_job(repository, database, account, clock, "https://example.com/hook")
    async with sending(database, Broken(LOOPBACK), clock) as settled:
        for attempt in range(MAX_ATTEMPTS):
            await until(lambda made=attempt + 1: len(settled) == made)  # type: ignore[misc]
            clock.pass_by(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
        await asyncio.sleep(0.1)

    assert len(attempts) == MAX_ATTEMPTS
    assert not await is_due(database, clock)


async def test_a_sender_that_is_killed_leaves_its_callback_to_another(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    poster: Callbacks,
    receiver: Receiver,
) -> None:
    await finished_job(repository, database, account, clock, receiver.url)
    await CallbackRows(database, now=clock).take(1)  # and then it is killed
    async with sending(database, poster, clock):
        await asyncio.sleep(0.2)
        assert receiver.received == []
        clock.pass_by(61)
        await until(lambda: len(receiver.received) == 1)


async def test_a_silent_receiver_does_not_hold_up_those_of_other_accounts(
    repository: JobRepository,
    database: Database,
    account: Account,
    clock: Clock,
    receiver: Receiver,
) -> None:
    other = await AccountRepository(database).create("other", plan="free")
    with running_receiver() as silent:
        silent.silence_seconds = 60
        for _ in range(3 * MAX_OF_ACCOUNT):
            await finished_job(repository, database, account, clock, silent.url)
        await finished_job(repository, database, other, clock, receiver.url)
        patient = Callbacks(LOOPBACK, total_timeout_seconds=60)
        try:
            async with sending(database, patient, clock):
                await until(lambda: len(receiver.received) == 1)
        finally:
            await patient.close()

        assert len(silent.received) <= MAX_OF_ACCOUNT


async def test_a_private_address_is_never_called(receiver: Receiver) -> None:
    public_only = Callbacks(FetchPolicy(allowed_ports=(range(1, 65_536),)))
    try:
        with pytest.raises(SourceNotPublic):
            await public_only.post(receiver.url, b"{}", {})
        with pytest.raises(SourceNotPublic):
            await public_only.post(receiver.url.replace("127.0.0.1", "localhost"), b"{}", {})
    finally:
        await public_only.close()

    assert receiver.received == []


async def test_a_receiver_that_never_answers_is_given_up(
    poster: Callbacks, receiver: Receiver
) -> None:
    receiver.silence_seconds = 60
    with pytest.raises(OriginTimeout) as seen:
        await poster.post(receiver.url, b"{}", {})

    assert str(seen.value) == "the receiver did not answer in time"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/", "give a URL that begins with https:// or http://"),
        ("example.com/hook", "give a URL that begins with https:// or http://"),
        ("http://10.0.0.1/hook", "its host is not on the public Internet"),
        ("http://example.com:22/", "this server's settings close its host or port"),
    ],
)
def test_a_url_that_can_never_be_called_is_refused_at_once(url: str, reason: str) -> None:
    check = callback_check(Callbacks(FetchPolicy()))

    with pytest.raises(CallbackUrlInvalid) as seen:
        check(url)

    assert str(seen.value) == f"callback_url cannot be used: {reason}"
