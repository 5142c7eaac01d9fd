"""Idempotency keys in the database: one request alone is done, whoever dies and whoever waits."""

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.idempotency import (
    KEPT,
    MAX_REMOVED,
    REMOVE_EVERY,
    Claim,
    IdempotencyKeys,
    KeptAnswer,
    Refusal,
)
from imgproxy_py.jobs.tables import idempotency_keys
from tests.together import together
from tests.waiting import until_told

ANSWER = KeptAnswer(status=202, headers=(("Location", "/api/v1/jobs/1"),), body=b'{"id": "1"}')
PROCESSES = 4
KEYS = 25

# Each process does every request of a list that is the same for all: claims it, notes in a table
# that it was done, and keeps an answer; or asks again while another one is at it.
DO_ALL = """
import asyncio, sys
from sqlalchemy import text
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.idempotency import Claim, IdempotencyKeys, KeptAnswer, Refusal

async def do(database, keys, account, number):
    while True:
        found = await keys.claim(account, f"key-{number}", "0" * 64)
        if isinstance(found, KeptAnswer):
            return found.body.decode()
        if isinstance(found, Claim):
            async with database.begin() as session:
                await session.execute(text("INSERT INTO done VALUES (:n)"), {"n": number})
            await keys.keep(found, KeptAnswer(status=200, headers=(), body=found.token.encode()))
        await asyncio.sleep(0.005)

async def main(url, account, count):
    database = Database(url)
    keys = IdempotencyKeys(database)
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        print(await do(database, keys, account, number))
    await database.dispose()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""

CLAIM_AND_WAIT = """
import asyncio, sys
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.idempotency import IdempotencyKeys

async def main(url, account):
    keys = IdempotencyKeys(Database(url), lease_seconds=3)
    claim = await keys.claim(account, "key", "0" * 64)
    async with keys.renewed(claim):
        print("claimed", flush=True)
        await asyncio.sleep(60)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
async def account(database: Database) -> str:
    return (await AccountRepository(database).create("maria", plan="free")).id


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(database: Database, clock: Clock) -> IdempotencyKeys:
    return IdempotencyKeys(database, now=clock)


async def claimed(keys: IdempotencyKeys, account: str, key: str = "key") -> Claim:
    found = await keys.claim(account, key, "0" * 64)
    assert isinstance(found, Claim), found
    return found


async def test_an_answer_is_told_again_as_it_was(keys: IdempotencyKeys, account: str) -> None:
    claim = await claimed(keys, account)

    assert await keys.keep(claim, ANSWER)

    assert await keys.claim(account, "key", "0" * 64) == ANSWER


async def test_of_32_tasks_one_does_the_work_and_31_are_told_to_wait(
    keys: IdempotencyKeys, account: str
) -> None:
    found = await asyncio.gather(*(keys.claim(account, "key", "0" * 64) for _ in range(32)))

    assert Counter(type(one) for one in found) == {Claim: 1, Refusal: 31}
    assert Refusal.KEY_REUSED not in found


@pytest.mark.parametrize("is_answered", [True, False])
async def test_another_payload_under_the_same_key_is_told_so(
    keys: IdempotencyKeys, account: str, is_answered: bool
) -> None:
    claim = await claimed(keys, account)
    if is_answered:
        await keys.keep(claim, ANSWER)

    assert await keys.claim(account, "key", "1" * 64) is Refusal.KEY_REUSED


async def test_keys_of_two_accounts_are_strangers(
    database: Database, keys: IdempotencyKeys, account: str
) -> None:
    other = await AccountRepository(database).create("omar", plan="free")
    await keys.keep(await claimed(keys, account), ANSWER)

    assert isinstance(await keys.claim(other.id, "key", "1" * 64), Claim)


async def test_a_released_key_is_free_at_once(keys: IdempotencyKeys, account: str) -> None:
    await keys.release(await claimed(keys, account))

    assert isinstance(await keys.claim(account, "key", "1" * 64), Claim)


async def test_an_answer_is_forgotten_after_a_day_and_not_before(
    keys: IdempotencyKeys, account: str, clock: Clock
) -> None:
    await keys.keep(await claimed(keys, account), ANSWER)

    clock.time += KEPT - timedelta(seconds=1)
    assert await keys.claim(account, "key", "0" * 64) == ANSWER
    clock.time += timedelta(seconds=1)
    assert isinstance(await keys.claim(account, "key", "0" * 64), Claim)


async def test_old_rows_go_while_new_ones_come(
    database: Database, keys: IdempotencyKeys, account: str, clock: Clock
) -> None:
    count = MAX_REMOVED + 20
    for number in range(count):
        await claimed(keys, account, f"old-{number}")
    clock.time += KEPT

    await claimed(keys, account, "new-1")
    assert await stored(database) == 21
    await claimed(keys, account, "new-2")  # at the same moment: once in a while is enough
    assert await stored(database) == 22
    clock.time += REMOVE_EVERY
    await claimed(keys, account, "new-3")
    assert await stored(database) == 3


async def stored(database: Database) -> int:
    query = select(func.count()).select_from(idempotency_keys)
    async with database.session() as session:
        return (await session.execute(query)).scalar_one()


async def test_a_key_whose_day_is_over_is_free_though_its_row_still_lies_there(
    keys: IdempotencyKeys, account: str, clock: Clock
) -> None:
    for number in range(MAX_REMOVED):
        await claimed(keys, account, f"older-{number}")
    clock.time += timedelta(seconds=1)
    await keys.keep(await claimed(keys, account), ANSWER)
    clock.time += KEPT

    assert isinstance(await keys.claim(account, "key", "1" * 64), Claim)


async def test_a_lost_claim_keeps_and_releases_nothing(
    keys: IdempotencyKeys, account: str, clock: Clock
) -> None:
    slow = await claimed(keys, account)
    clock.time += timedelta(minutes=5)
    await keys.keep(await claimed(keys, account), ANSWER)

    assert not await keys.keep(slow, KeptAnswer(status=200, headers=(), body=b"late"))
    await keys.release(slow)

    assert await keys.claim(account, "key", "0" * 64) == ANSWER


async def test_work_that_outlasts_its_lease_keeps_its_claim(
    database: Database, account: str, clock: Clock
) -> None:
    keys = IdempotencyKeys(database, lease_seconds=0.6, now=clock)
    claim = await claimed(keys, account)

    async def lease_end() -> datetime | None:
        async with database.session() as session:
            return await session.scalar(select(idempotency_keys.c.claimed_until))

    async with keys.renewed(claim):
        for _ in range(3):
            clock.time += timedelta(seconds=0.5)
            await until_told(lease_end, clock.time + timedelta(seconds=0.6))
        assert await keys.claim(account, "key", "0" * 64) is Refusal.IN_PROGRESS

    assert await keys.keep(claim, ANSWER)


async def test_four_processes_do_each_request_once_and_all_hear_its_one_answer(
    url: str, database: Database, account: str
) -> None:
    async with database.begin() as session:
        await session.execute(text("CREATE TABLE done (number INTEGER)"))

    told = await together(DO_ALL, [[url, account, str(KEYS)]] * PROCESSES)

    assert len(set(told)) == 1
    assert len(set(told[0].split())) == KEYS
    async with database.session() as session:
        done = (await session.execute(text("SELECT number FROM done"))).scalars().all()
    assert Counter(done) == dict.fromkeys(range(KEYS), 1)


async def test_when_the_first_process_is_killed_another_one_takes_its_request_over(
    url: str, keys: IdempotencyKeys, database: Database, account: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIM_AND_WAIT, url, account], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == "claimed\n"
    mine = IdempotencyKeys(database)
    assert await mine.claim(account, "key", "0" * 64) is Refusal.IN_PROGRESS
    process.kill()
    process.communicate()

    async with asyncio.timeout(20):
        while not isinstance(found := await mine.claim(account, "key", "0" * 64), Claim):
            assert found is Refusal.IN_PROGRESS
            await asyncio.sleep(0.1)

    assert await mine.keep(found, ANSWER)
