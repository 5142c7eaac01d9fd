"""A database of the first version, with accounts and keys in it, becomes one of the second."""

from collections.abc import Callable
from datetime import UTC, datetime

from alembic import command
from sqlalchemy import Connection, text

from imgproxy_py.accounts.api_key import secret_hash
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import configuration, migrate

PLAINTEXT = "opt_from-the-first-version"
ROWS = (
    "INSERT INTO accounts VALUES ('a1', 'someone', 'pro', 0, '2026-05-04 03:02:01.000000')",
    "INSERT INTO accounts VALUES ('a2', 'other', 'free', 1, '2026-05-05 00:00:00.000000')",
    f"""INSERT INTO api_keys VALUES
    ('k1', 'a1', 'shop', '{secret_hash(PLAINTEXT)}', 'sion', '2026-05-04 03:02:01.000000', NULL)""",
    """INSERT INTO api_keys VALUES
    ('k2', 'a1', 'old', 'hash', 'xold', '2026-05-05 00:00:00.000000', '2026-06-01')""",
)


def to(revision: str, run: Callable[..., None]) -> Callable[[Connection], None]:
    return lambda connection: run(configuration(connection), revision)


async def at_the_first_version(url: str) -> Database:
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(to("0001", command.upgrade))
        for row in ROWS:
            await connection.exec_driver_sql(row)
    return database


async def test_accounts_and_keys_are_what_they_were(url: str) -> None:
    database = await at_the_first_version(url)

    await migrate(url)

    repository = AccountRepository(database)
    account, other = await repository.list_accounts()
    assert (account.username, account.plan, account.is_disabled) == ("someone", "pro", False)
    assert (other.username, other.plan, other.is_disabled) == ("other", "free", True)
    assert account.created_at == datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    found = await repository.find_by_hash(secret_hash(PLAINTEXT))
    assert found is not None
    assert (found[0], found[1].id, found[1].last_used_at) == (account, "k1", None)
    assert [key.is_active for key in await repository.list_keys(account)] == [True, False]
    await database.dispose()


async def test_old_accounts_are_metered_and_old_keys_rotated(url: str) -> None:
    database = await at_the_first_version(url)
    await migrate(url)
    repository = AccountRepository(database)
    account = (await repository.list_accounts())[0]

    meter = Meter(database, plans=PLANS)
    async with meter.image_charge(account) as charge:
        charge.spend()
    await repository.rotate_key(account, "k1")

    assert (await meter.month(account)).used == 1
    assert await repository.find_by_hash(secret_hash(PLAINTEXT)) is None
    await database.dispose()


async def test_the_way_back_keeps_accounts_and_keys(url: str) -> None:
    database = await at_the_first_version(url)
    await migrate(url)

    async with database.engine.begin() as connection:
        await connection.run_sync(to("0001", command.downgrade))

    async with database.session() as session:
        rows = (await session.execute(text("SELECT id, name FROM api_keys ORDER BY id"))).all()
        assert rows == [("k1", "shop"), ("k2", "old")]
        tables = await session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        assert set(tables.scalars()) == {"accounts", "api_keys", "alembic_version"}
    await database.dispose()
