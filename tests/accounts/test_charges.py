"""One image of the quota: reserved while it is made, spent or given back, whoever goes away."""

import asyncio
import random

import pytest
from sqlalchemy import text

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.accounts.metering import ids, meter_of, plans_with, standing


@pytest.fixture
async def account(database: Database) -> Account:
    repository = AccountRepository(database, plans=plans_with(10))
    return await repository.create("someone", plan="small")


async def test_what_was_made_is_counted_when_the_block_ends(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 10)

    async with meter.image_charge(account) as charge:
        assert await standing(meter, account) == (0, 1)
        charge.spend()
        assert await standing(meter, account) == (0, 1)

    assert await standing(meter, account) == (1, 0)


async def test_what_was_not_made_is_given_back(database: Database, account: Account) -> None:
    meter = meter_of(database, 10)

    async with meter.image_charge(account):
        pass
    with pytest.raises(ZeroDivisionError):
        async with meter.image_charge(account):
            raise ZeroDivisionError

    assert await standing(meter, account) == (0, 0)


async def test_what_was_made_counts_though_the_answer_failed_afterwards(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 10)

    async def make() -> None:
        async with meter.image_charge(account) as charge:
            charge.spend()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await make()

    assert await standing(meter, account) == (1, 0)


async def test_the_last_image_is_made_and_the_next_refused_with_the_day_of_the_reset(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 1)
    async with meter.image_charge(account) as charge:
        charge.spend()

    with pytest.raises(QuotaExceeded) as caught:
        async with meter.image_charge(account):
            raise AssertionError("nothing may run beyond the quota")

    assert str(caught.value) == (
        "the one image of this month is used up; the quota begins anew on 2026-12-01 (UTC), and a "
        "larger plan has more"
    )
    assert await standing(meter, account) == (1, 0)


async def test_a_reserved_image_is_not_given_to_somebody_else(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 1)

    async with meter.image_charge(account):
        with pytest.raises(QuotaExceeded):
            async with meter.image_charge(account):
                pass

    async with meter.image_charge(account):
        pass


async def test_sixty_four_at_once_never_make_more_than_the_limit(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 40)
    running = most = 0

    async def make(number: int) -> bool:
        nonlocal running, most
        async with meter.image_charge(account) as charge:
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001 * (number % 5))
            if number % 8:  # every eighth fails
                charge.spend()
            running -= 1
        return True

    outcomes = await asyncio.gather(*map(make, range(64)), return_exceptions=True)

    refused = sum(isinstance(outcome, QuotaExceeded) for outcome in outcomes)
    made = sum(outcome is True for outcome in outcomes)
    assert refused + made == 64
    assert most <= 40
    used, reserved = await standing(meter, account)
    assert used == sum(outcome is True for n, outcome in enumerate(outcomes) if n % 8)
    assert (used <= 40, reserved) == (True, 0)


async def test_a_charge_with_a_reservation_only_spends_it(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 10)
    (one,) = ids(1)
    await meter.reserve(account, [one])

    async with meter.image_charge(account, reservation_id=one):
        assert await standing(meter, account) == (0, 1)
    assert await standing(meter, account) == (0, 1)
    async with meter.image_charge(account, reservation_id=one) as charge:
        charge.spend()

    assert await standing(meter, account) == (1, 0)


async def test_requesters_that_go_away_at_any_moment_keep_no_image(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 1000)
    chance = random.Random(5)
    spent = 0

    async def make() -> None:
        nonlocal spent
        async with meter.image_charge(account) as charge:
            await asyncio.sleep(0.001)
            charge.spend()
            spent += 1

    tasks = [asyncio.create_task(make()) for _ in range(120)]
    for task in tasks:
        if chance.random() < 0.3:
            await asyncio.sleep(0.002 * chance.random())
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await meter.close()

    assert await standing(meter, account) == (spent, 0)


async def test_who_goes_away_while_waiting_for_its_turn_keeps_no_image(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 10)

    async def make() -> None:
        async with meter.image_charge(account):
            raise AssertionError("cancelled before")

    first = asyncio.create_task(meter.reserve(account, ids(1)))
    await asyncio.sleep(0)  # its transaction runs
    second = asyncio.create_task(make())
    await asyncio.sleep(0)  # waits for the next one
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)

    assert await standing(meter, account) == (0, 1)


async def test_a_spent_image_waits_for_a_database_that_is_away(
    database: Database, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    meter = meter_of(database, 10)
    async with meter.image_charge(account) as charge:
        charge.spend()
        async with database.begin() as session:
            await session.execute(text("ALTER TABLE quota_months RENAME TO away"))

    assert "images could not be counted; they are kept and tried again" in caplog.text
    with pytest.raises(Exception, match="no such table"):
        await meter.flush()
    async with database.begin() as session:
        await session.execute(text("ALTER TABLE away RENAME TO quota_months"))
    await meter.close()

    assert await standing(meter, account) == (1, 0)
