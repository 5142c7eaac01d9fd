"""A real SQLite file with every migration run, and the repository over it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/test.db"
    await migrate(url)
    database = Database(url)
    yield database
    await database.dispose()


@pytest.fixture
def repository(database: Database) -> AccountRepository:
    return AccountRepository(database)
