"""The monthly quota: what fits, what expires, and in which month an image counts."""

import asyncio

import pytest
from sqlalchemy import text

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import PlanMissing
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.accounts.metering import Calendar, ids, meter_of, plans_with, standing


@pytest.fixture
async def account(database: Database) -> Account:
    repository = AccountRepository(database, plans=plans_with(10))
    return await repository.create("someone", plan="small")


async def test_of_many_the_first_that_fit_are_reserved(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 10)
    asked = ids(12)

    assert await meter.reserve(account, asked) == 10
    assert await meter.reserve(account, ids(1)) == 0
    await meter.release(asked[:4])
    assert await meter.reserve(account, ids(9)) == 4

    for each in asked[10:]:
        await meter.spend(account, each)
    assert await standing(meter, account) == (0, 10)


async def test_wishes_that_come_together_share_what_is_left(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, 10)

    granted = await asyncio.gather(*(meter.reserve(account, ids(4)) for _ in range(4)))

    assert granted == [4, 4, 2, 0]
    assert await standing(meter, account) == (0, 10)


async def test_a_reservation_is_spent_once(database: Database, account: Account) -> None:
    meter = meter_of(database, 10)
    (one,) = ids(1)
    await meter.reserve(account, [one])

    await asyncio.gather(*(meter.spend(account, one) for _ in range(5)))
    await meter.spend(account, one)
    await meter.release([one])

    assert await standing(meter, account) == (1, 0)


async def test_reservations_end_by_themselves(database: Database, account: Account) -> None:
    calendar = Calendar()
    meter = meter_of(database, 10, calendar)
    await meter.reserve(account, ids(6))
    await meter.reserve(account, ids(3), hold_seconds=86_400)

    calendar.move(seconds=899)
    assert await standing(meter, account) == (0, 9)
    calendar.move(seconds=1)

    assert await standing(meter, account) == (0, 3)
    assert await meter.reserve(account, ids(9)) == 7


async def test_who_comes_after_the_expiry_of_its_reservation_exceeds_nothing(
    database: Database, account: Account
) -> None:
    calendar = Calendar()
    meter = meter_of(database, 1, calendar)
    late, other = ids(2)
    await meter.reserve(account, [late])
    calendar.move(minutes=16)

    await meter.reserve(account, [other])
    await meter.spend(account, late)
    await meter.spend(account, other)

    assert await standing(meter, account) == (1, 0)


async def test_an_image_counts_in_the_month_of_its_reservation(
    database: Database, account: Account
) -> None:
    calendar = Calendar()
    meter = meter_of(database, 1, calendar)
    calendar.moment = calendar.moment.replace(day=30, hour=23, minute=59)

    async with meter.image_charge(account) as charge:
        charge.spend()
        calendar.move(minutes=2)

    assert await standing(meter, account) == (0, 0)
    async with meter.image_charge(account) as charge:
        charge.spend()
    async with database.session() as session:
        rows = await session.execute(text("SELECT month, used FROM quota_months ORDER BY month"))
        assert rows.all() == [("2026-11", 1), ("2026-12", 1)]


async def test_without_a_limit_nothing_is_reserved_and_all_is_counted(
    database: Database, account: Account
) -> None:
    meter = meter_of(database, None)

    assert await meter.reserve(account, ids(1000)) == 1000
    for _ in range(3):
        async with meter.image_charge(account) as charge:
            charge.spend()
    async with meter.image_charge(account):
        pass

    async with database.session() as session:
        rows = (await session.execute(text("SELECT * FROM quota_reservations"))).all()
    assert rows == []
    month = await meter.month(account)
    assert (month.used, month.reserved, month.limit, month.remaining) == (3, 0, None, None)


async def test_images_made_without_a_limit_count_after_a_change_to_a_plan_with_one(
    database: Database, account: Account
) -> None:
    before = meter_of(database, None)
    for _ in range(3):
        async with before.image_charge(account) as charge:
            charge.spend()
    await before.close()

    assert await meter_of(database, 5).reserve(account, ids(5)) == 2


async def test_a_plan_that_became_smaller_refuses_at_once(
    database: Database, account: Account
) -> None:
    wide, narrow = meter_of(database, 10), meter_of(database, 3)
    asked = ids(6)
    await wide.reserve(account, asked)
    for each in asked:
        await wide.spend(account, each)

    assert await narrow.reserve(account, ids(1)) == 0
    month = await narrow.month(account)
    assert (month.used, month.limit, month.remaining) == (6, 3, 0)


async def test_accounts_have_quotas_of_their_own(database: Database, account: Account) -> None:
    other = await AccountRepository(database, plans=plans_with(10)).create("other", plan="small")
    meter = meter_of(database, 3)

    wishes = [(account, 5), (other, 2), (account, 1)]
    granted = await asyncio.gather(*(meter.reserve(who, ids(images)) for who, images in wishes))

    assert granted == [3, 2, 0]
    assert await standing(meter, other) == (0, 2)


async def test_a_plan_that_has_gone_is_said_so(database: Database, account: Account) -> None:
    meter = Meter(database, plans={})

    with pytest.raises(PlanMissing) as caught:
        await meter.reserve(account, ids(1))

    assert str(caught.value) == (
        'this server no longer has the plan "small" of this account; whoever runs it has to give '
        "the account another one"
    )
