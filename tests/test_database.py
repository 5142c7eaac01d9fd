"""The database: nothing is lost between processes, and migrations make what the code expects."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from imgproxy_py.accounts import tables
from imgproxy_py.database.database import Database
from imgproxy_py.database.metadata import metadata
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs import tables as job_tables
from tests.together import together

PROCESSES = 4
INCREMENTS = 40

COUNT = """
import asyncio, sys
from sqlalchemy import text
from imgproxy_py.database.database import Database

async def main(url, times):
    database = Database(url)
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(times):
        async with database.begin() as session:
            value = (await session.execute(text("SELECT value FROM counter"))).scalar_one()
            await session.execute(text("UPDATE counter SET value = :new"), {"new": value + 1})
    await database.dispose()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def counter(url: str) -> Database:
    database = Database(url)
    async with database.begin() as session:
        await session.execute(text("CREATE TABLE counter (value INTEGER CHECK (value < 1000))"))
        await session.execute(text("INSERT INTO counter VALUES (0)"))
    return database


async def value(database: Database) -> int:
    async with database.session() as session:
        return int((await session.execute(text("SELECT value FROM counter"))).scalar_one())


async def test_four_processes_that_count_together_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    database = await counter(url)

    await together(COUNT, [[url, str(INCREMENTS)]] * PROCESSES)

    assert await value(database) == PROCESSES * INCREMENTS
    await database.dispose()


async def test_tasks_of_one_process_lose_nothing_either(tmp_path: Path) -> None:
    database = await counter(f"sqlite:///{tmp_path}/test.db")

    async def count() -> None:
        async with database.begin() as session:
            found = (await session.execute(text("SELECT value FROM counter"))).scalar_one()
            await asyncio.sleep(0.001)
            await session.execute(text("UPDATE counter SET value = :new"), {"new": found + 1})

    await asyncio.gather(*(count() for _ in range(25)))

    assert await value(database) == 25
    await database.dispose()


async def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    database = await counter(f"sqlite:///{tmp_path}/test.db")

    async with database.begin() as session:
        await session.execute(text("UPDATE counter SET value = 7"))
        async with asyncio.timeout(5):
            assert await value(database) == 0

    assert await value(database) == 7
    await database.dispose()


async def test_a_failed_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    database = await counter(f"sqlite:///{tmp_path}/test.db")

    async def fail() -> None:
        async with database.begin() as session:
            await session.execute(text("UPDATE counter SET value = 5"))
            await session.execute(text("UPDATE counter SET value = 5000"))

    with pytest.raises(IntegrityError):
        await fail()

    assert await value(database) == 0
    await database.dispose()


async def test_what_a_reading_session_writes_is_not_kept(tmp_path: Path) -> None:
    database = await counter(f"sqlite:///{tmp_path}/test.db")

    async with database.session() as session:
        await session.execute(text("UPDATE counter SET value = 5"))

    assert await value(database) == 0
    await database.dispose()


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 1),  # NORMAL
        ("foreign_keys", 1),
        ("busy_timeout", 30_000),
    ],
)
async def test_every_connection_is_set_up_the_same(
    tmp_path: Path, pragma: str, expected: object
) -> None:
    database = Database(f"sqlite:///{tmp_path}/test.db")

    async with database.session() as session:
        found = (await session.execute(text(f"PRAGMA {pragma}"))).scalar_one()

    assert found == expected
    await database.dispose()


async def test_migrations_make_the_tables_that_the_code_declares(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    await migrate(url)
    database = Database(url)

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    assert set(metadata.tables) >= {tables.accounts.name, job_tables.jobs.name}
    await database.dispose()


async def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/100% sure/test.db"

    await migrate(url)
    await migrate(url)

    database = Database(url)
    async with database.session() as session:
        rows = (await session.execute(text("SELECT version_num FROM alembic_version"))).all()
    assert len(rows) == 1
    await database.dispose()


async def test_a_file_that_is_no_database_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    file.write_bytes(b"a letter, not a database" * 100)

    with pytest.raises(Exception, match="file is not a database") as caught:
        await migrate(f"sqlite:///{file}")

    assert not isinstance(caught.value, OperationalError)
    assert file.read_bytes() == b"a letter, not a database" * 100
