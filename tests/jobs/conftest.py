"""A real SQLite file with every migration run, an account in it, and jobs of that account."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs.repository import JobRepository
from tests.jobs.making import Clock


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    await migrate(url)
    database = Database(url)
    yield database
    await database.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def account(database: Database) -> Account:
    """On a plan with a monthly limit, so that images are reserved and counted."""
    return await AccountRepository(database).create("user", plan="free")


@pytest.fixture
def meter(database: Database) -> Meter:
    return Meter(database, plans=PLANS)


@pytest.fixture
def repository(database: Database, clock: Clock) -> JobRepository:
    return JobRepository(database, now=clock)
