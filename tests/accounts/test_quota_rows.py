"""Images that end inside somebody else's transaction, as those of jobs do."""

import pytest
from sqlalchemy import Connection, text

from imgproxy_py.accounts import quota_rows
from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.accounts.metering import Calendar, ids, meter_of, plans_with


@pytest.fixture
async def account(database: Database) -> Account:
    repository = AccountRepository(database, plans=plans_with(10))
    return await repository.create("someone", plan="small")


async def months(database: Database) -> list[tuple[str, int]]:
    async with database.session() as session:
        rows = await session.execute(text("SELECT month, used FROM quota_months ORDER BY month"))
        return [(row[0], row[1]) for row in rows]


async def test_reserved_images_count_in_their_month_and_others_in_the_given_one(
    database: Database, account: Account
) -> None:
    reserved, free = ids(2), ids(3)
    await meter_of(database, 10, Calendar()).reserve(account, reserved)

    images = dict.fromkeys([*reserved, *free], account.id)
    await database.write(lambda rows: quota_rows.count(rows, images, month="2026-12"))

    assert await months(database) == [("2026-11", 2), ("2026-12", 3)]


async def test_spending_says_what_was_reserved(database: Database, account: Account) -> None:
    one, other = ids(2)
    await meter_of(database, 10).reserve(account, [one])

    assert await database.write(lambda rows: quota_rows.spend(rows, [one, other])) == {one}
    assert await database.write(lambda rows: quota_rows.spend(rows, [one, other])) == set()

    assert await months(database) == [("2026-11", 1)]


async def test_a_transaction_that_fails_counts_nothing(
    database: Database, account: Account
) -> None:
    (one,) = ids(1)
    meter = meter_of(database, 10)
    await meter.reserve(account, [one])

    def fail(connection: Connection) -> None:
        quota_rows.count(connection, {one: account.id}, month="2026-11")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fail)

    assert await months(database) == []
    assert (await meter.month(account)).reserved == 1


async def test_more_images_than_one_statement_takes_are_settled_too(
    database: Database, account: Account
) -> None:
    many = ids(25_000)
    meter = meter_of(database, 50_000)
    assert await meter.reserve(account, many) == 25_000

    await meter.release(many[12_000:])
    await database.write(lambda rows: quota_rows.spend(rows, many))

    month = await meter.month(account)
    assert (month.used, month.reserved) == (12_000, 0)
