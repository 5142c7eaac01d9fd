"""Fixtures: a SQLite file of the test's own, with every migration run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
