"""A real SQLite file with every migration run, and the repository over it."""

import pytest

from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.fresh_database import database, url

__all__ = ["database", "url"]


@pytest.fixture
def plans() -> dict[str, Plan]:
    """The table, and a plan as the tests' other processes have it too."""
    tested = Plan(name="tested", max_keys=3, max_requests_per_minute=None, max_images_per_month=250)
    return {**PLANS, "tested": tested}


@pytest.fixture
def repository(database: Database, plans: dict[str, Plan]) -> AccountRepository:
    return AccountRepository(database, plans=plans)
