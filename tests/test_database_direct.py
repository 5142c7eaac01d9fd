"""Whole transactions at one go: alone in their turn, kept whole or not at all, in any process."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from imgproxy_py.database.database import Database
from imgproxy_py.database.direct import READERS
from tests.together import together

PROCESSES = 4
INCREMENTS = 40

COUNT = """
import asyncio, sys
from sqlalchemy import text
from imgproxy_py.database.database import Database

def count(connection):
    value = connection.execute(text("SELECT value FROM counter")).scalar_one()
    connection.execute(text("UPDATE counter SET value = :new"), {"new": value + 1})

async def main(url, times):
    database = Database(url)
    await database.read(lambda connection: connection.execute(text("SELECT 1")))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(times):
        await database.write(count)
    await database.dispose()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.fixture(params=["a file", "in memory"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    place = f"{tmp_path}/test.db" if request.param == "a file" else ":memory:"
    database = Database(f"sqlite:///{place}")
    await database.write(make_counter)
    yield database
    await database.dispose()


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/test.db")
    await database.write(make_counter)
    yield database
    await database.dispose()


def make_counter(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE counter (value INTEGER CHECK (value < 1000))"))
    connection.execute(text("INSERT INTO counter VALUES (0)"))


def found(connection: Connection) -> int:
    return int(connection.execute(text("SELECT value FROM counter")).scalar_one())


def put(connection: Connection, value: int) -> None:
    connection.execute(text("UPDATE counter SET value = :value"), {"value": value})


def count(connection: Connection) -> int:
    """One more; what it was before."""
    before = found(connection)
    put(connection, before + 1)
    return before


async def test_every_transaction_sees_what_the_one_before_it_left(database: Database) -> None:
    counted = await asyncio.gather(*(database.write(count) for _ in range(25)))

    assert sorted(counted) == list(range(25))
    assert await database.read(found) == 25


async def test_transactions_of_both_kinds_take_turns(file: Database) -> None:
    async def slowly() -> None:
        async with file.begin() as session:
            value = (await session.execute(text("SELECT value FROM counter"))).scalar_one()
            await asyncio.sleep(0.001)
            await session.execute(text("UPDATE counter SET value = :new"), {"new": value + 1})

    await asyncio.gather(*(turn for _ in range(10) for turn in (slowly(), file.write(count))))

    assert await file.read(found) == 20


async def test_processes_that_count_together_lose_nothing(file: Database, tmp_path: Path) -> None:
    await together(COUNT, [[f"sqlite:///{tmp_path}/test.db", str(INCREMENTS)]] * PROCESSES)

    assert await file.read(found) == PROCESSES * INCREMENTS


async def test_a_transaction_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail(connection: Connection) -> None:
        put(connection, 5)
        put(connection, 5000)

    with pytest.raises(IntegrityError):
        await database.write(fail)

    assert await database.read(found) == 0


async def test_what_a_reader_writes_is_not_kept(database: Database) -> None:
    await database.read(lambda connection: put(connection, 5))

    assert await database.read(found) == 0


async def test_readers_do_not_wait_for_a_writer(file: Database) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        put(connection, 7)
        begun.set()
        assert may_end.wait(30)

    writing = asyncio.create_task(file.write(write))
    assert await asyncio.to_thread(begun.wait, 30)
    seen = await asyncio.gather(*(file.read(found) for _ in range(READERS + 1)))
    may_end.set()
    await writing

    assert seen == [0] * (READERS + 1)
    assert await file.read(found) == 7


async def test_what_has_begun_goes_on_when_nobody_waits_and_the_next_comes_after_it(
    file: Database,
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        begun.set()
        assert may_end.wait(30)
        put(connection, 7)

    writing = asyncio.create_task(file.write(write))
    assert await asyncio.to_thread(begun.wait, 30)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    counting = asyncio.create_task(file.write(count))
    await asyncio.sleep(0)
    may_end.set()

    assert await counting == 7
    assert await file.read(found) == 8


async def test_who_is_cancelled_before_the_turn_comes_changes_nothing(file: Database) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def write(_connection: Connection) -> None:
        begun.set()
        assert may_end.wait(30)

    writing = asyncio.create_task(file.write(write))
    assert await asyncio.to_thread(begun.wait, 30)
    counting = asyncio.create_task(file.write(count))
    await asyncio.sleep(0)
    counting.cancel()
    may_end.set()
    await writing

    with pytest.raises(asyncio.CancelledError):
        await counting
    assert await file.read(found) == 0
