"""Usage by day and key: counted in memory, written together, lost nowhere."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.usage import Counts
from imgproxy_py.database.database import Database
from tests.accounts.metering import Calendar
from tests.waiting import until, until_told


@pytest.fixture
async def account(repository: AccountRepository) -> Account:
    return await repository.create("someone", plan="pro")


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
async def meter(database: Database, calendar: Calendar) -> AsyncIterator[Meter]:
    meter = Meter(database, plans=PLANS, now=calendar, flush_seconds=60)
    yield meter
    await meter.close()


async def written(database: Database) -> list[tuple[object, ...]]:
    query = text("SELECT key_id, day, images, cache_hits, failures FROM usage_days ORDER BY 1, 2")
    async with database.session() as session:
        return [tuple(row) for row in await session.execute(query)]


async def test_a_report_counts_by_day_and_by_key(
    meter: Meter, account: Account, calendar: Calendar
) -> None:
    meter.note(account, "shop", images=1, source_bytes=1000, result_bytes=400)
    meter.note(account, "shop", cache_hits=1, source_bytes=1000, result_bytes=400)
    meter.note(account, failures=1)
    calendar.move(days=1)
    meter.note(account, "shop", images=2, source_bytes=10, result_bytes=30)

    report = await meter.report(account, "2026-11")

    first = Counts(images=1, cache_hits=1, failures=1, source_bytes=2000, result_bytes=800)
    second = Counts(images=2, source_bytes=10, result_bytes=30)
    assert report.month == "2026-11"
    assert report.by_day == {date(2026, 11, 21): first, date(2026, 11, 22): second}
    assert list(report.by_day) == sorted(report.by_day)
    assert report.by_key == {
        "": Counts(failures=1),
        "shop": Counts(images=3, cache_hits=1, source_bytes=2010, result_bytes=830),
    }
    assert report.total == Counts(
        images=3, cache_hits=1, failures=1, source_bytes=2010, result_bytes=830
    )
    assert (first.saved_bytes, second.saved_bytes) == (1200, -20)


async def test_an_identity_brings_its_key(
    meter: Meter, repository: AccountRepository, account: Account
) -> None:
    issued = await repository.issue_key(account, name="shop")

    meter.note(Identity(account=account, plan=PLANS["pro"], key=issued.key), images=1)
    meter.note(Identity(account=account, plan=PLANS["pro"]), images=2)

    report = await meter.report(account, "2026-11")
    assert report.by_key == {issued.key.id: Counts(images=1), "": Counts(images=2)}


async def test_a_report_holds_its_month_and_its_account_only(
    meter: Meter, repository: AccountRepository, account: Account, calendar: Calendar
) -> None:
    other = await repository.create("other", plan="pro")
    for month, day in [(10, 31), (11, 1), (11, 30), (12, 1)]:
        calendar.moment = datetime(2026, month, day, tzinfo=UTC)
        meter.note(account, images=1)
        meter.note(other, images=100)

    report = await meter.report(account, "2026-11")

    assert list(report.by_day) == [date(2026, 11, 1), date(2026, 11, 30)]
    assert report.total == Counts(images=2)
    assert (await meter.report(account, "2026-09")).total == Counts()
    with pytest.raises(ValueError, match=r'^"soon" is no month; write it as 2026-11$'):
        await meter.report(account, "soon")


async def test_counts_are_written_after_a_few_seconds_without_being_asked(
    database: Database, account: Account, calendar: Calendar
) -> None:
    meter = Meter(database, plans=PLANS, now=calendar, flush_seconds=0.05)

    for images in (1, 2):
        meter.note(account, images=1)
        await until_told(lambda: written(database), [("", "2026-11-21", images, 0, 0)])
    await meter.close()


async def test_nothing_is_lost_at_the_end(
    database: Database, account: Account, meter: Meter
) -> None:
    meter.note(account, "shop", images=3)

    await meter.close()

    assert await written(database) == [("shop", "2026-11-21", 3, 0, 0)]


async def test_a_flush_that_fails_keeps_its_counts_and_is_tried_again(
    database: Database, account: Account, calendar: Calendar, caplog: pytest.LogCaptureFixture
) -> None:
    meter = Meter(database, plans=PLANS, now=calendar, flush_seconds=0.02)
    async with database.begin() as session:
        await session.execute(text("ALTER TABLE usage_days RENAME TO away"))

    meter.note(account, "shop", images=3)
    with pytest.raises(Exception, match="no such table: usage_days"):
        await meter.flush()
    meter.note(account, "shop", images=4)
    told = "counts could not be written; they are kept and tried again"
    await until(lambda: told in caplog.text)
    async with database.begin() as session:
        await session.execute(text("ALTER TABLE away RENAME TO usage_days"))

    await until_told(lambda: written(database), [("shop", "2026-11-21", 7, 0, 0)])
    await meter.close()


async def test_what_cannot_be_written_at_the_end_is_told_in_the_log(
    database: Database, account: Account, meter: Meter, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.begin() as session:
        await session.execute(text("DROP TABLE usage_days"))
    meter.note(account, images=3)

    await meter.close()

    assert "the last counts before the end could not be written" in caplog.text


async def test_flushes_at_the_same_moment_count_once(
    database: Database, account: Account, meter: Meter
) -> None:
    async def count() -> None:
        meter.note(account, images=1)
        await meter.flush()

    await asyncio.gather(*(count() for _ in range(50)))

    assert await written(database) == [("", "2026-11-21", 50, 0, 0)]


async def test_memory_does_not_grow_with_requests(
    database: Database, account: Account, meter: Meter
) -> None:
    for _ in range(10_000):
        meter.note(account, "shop", images=1)

    assert (await meter.report(account, "2026-11")).total.images == 10_000
    assert len(await written(database)) == 1
