"""A real SQLite file with every migration run, and the repository over it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate


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
def plans() -> dict[str, Plan]:
    """The table, and a plan as the tests' other processes have it too."""
    tested = Plan(name="tested", max_keys=3, max_requests_per_minute=None, max_images_per_month=250)
    return {**PLANS, "tested": tested}


@pytest.fixture
def repository(database: Database, plans: dict[str, Plan]) -> AccountRepository:
    return AccountRepository(database, plans=plans)
