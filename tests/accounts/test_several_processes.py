"""Four processes on one SQLite file lose no count and exceed no limit; a killed one keeps none."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import HOLD_SECONDS, Meter
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.quota import month_of
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.usage import Counts
from imgproxy_py.database.database import Database
from tests.accounts.metering import ids
from tests.accounts.processes import program
from tests.together import all_ready, let_go, started, together

PROCESSES = 4
MAKE_A_HUNDRED = """
async def work(repository, meter, account):
    made = 0
    async def make():
        nonlocal made
        async with meter.image_charge(account) as charge:
            charge.spend()
        made += 1
    for _ in range(20):
        await asyncio.gather(*(make() for _ in range(5)), return_exceptions=True)
    return made
"""
RESERVE_A_HUNDRED = """
async def work(repository, meter, account):
    return sum([await meter.reserve(account, [uuid4().hex]) for _ in range(100)])
"""
NOTE_A_THOUSAND = """
async def work(repository, meter, account):
    for number in range(1, 1001):
        meter.note(account, "k", images=1, cache_hits=2, source_bytes=number, result_bytes=1)
        if number % 100 == 0:
            await meter.flush()
    meter.note(account, "", failures=1)
"""
ASK_FOR_KEYS = """
async def work(repository, meter, account):
    given = 0
    for number in range(8):
        try:
            await repository.issue_key(account, name=f"{os.getpid()} {number}")
            given += 1
        except AccountError:
            pass
    return given
"""
WORK_FOR_EVER = """
async def work(repository, meter, account):
    async with meter.image_charge(account):
        await meter.reserve(account, [uuid4().hex for _ in range(99)])
        print("working", flush=True)
        await asyncio.sleep(60)
"""


@pytest.fixture
async def account(repository: AccountRepository) -> Account:
    return await repository.create("someone", plan="tested")


@pytest.mark.parametrize("work", [MAKE_A_HUNDRED, RESERVE_A_HUNDRED])
async def test_a_limit_of_250_lets_250_of_400_through(
    url: str, database: Database, plans: dict[str, Plan], account: Account, work: str
) -> None:
    said = await together(program(work), [[url]] * PROCESSES)

    assert sum(map(int, said)) == 250
    month = await Meter(database, plans=plans).month(account)
    assert month.used + month.reserved == 250


async def test_counts_of_all_processes_add_up(
    url: str, database: Database, plans: dict[str, Plan], account: Account
) -> None:
    await together(program(NOTE_A_THOUSAND), [[url]] * PROCESSES)

    report = await Meter(database, plans=plans).report(account, month_of(datetime.now(UTC)))
    assert report.by_key == {
        "": Counts(failures=4),
        "k": Counts(
            images=4000, cache_hits=8000, source_bytes=4 * 1000 * 1001 // 2, result_bytes=4000
        ),
    }


async def test_a_plan_of_three_keys_gives_three_to_four_processes(
    url: str, repository: AccountRepository, account: Account
) -> None:
    said = await together(program(ASK_FOR_KEYS), [[url]] * PROCESSES)

    assert sum(map(int, said)) == 3
    assert len(await repository.list_keys(account)) == 3


async def test_a_killed_process_gives_its_images_back_when_they_expire(
    url: str, database: Database, plans: dict[str, Plan], account: Account
) -> None:
    process = started(program(WORK_FOR_EVER), url)
    await all_ready([process])
    let_go(process)
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == "working\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    assert await Meter(database, plans=plans).reserve(account, ids(250)) == 150
    expired_at = datetime.now(UTC) + timedelta(seconds=HOLD_SECONDS)
    if month_of(expired_at) == month_of(datetime.now(UTC)):  # else the quota is a new one anyway
        later = Meter(database, plans=plans, now=lambda: expired_at)
        assert await later.reserve(account, ids(250)) == 250
