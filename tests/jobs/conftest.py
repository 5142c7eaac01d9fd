"""A real SQLite file with an account and jobs of that account in it, and who is called back."""

from collections.abc import AsyncIterator, Iterator

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.sources.callback import Callbacks
from tests.fresh_database import database, url
from tests.jobs.making import Clock
from tests.jobs.receiver import LOOPBACK, Receiver, running_receiver

__all__ = ["database", "url"]


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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture
async def poster() -> AsyncIterator[Callbacks]:
    callbacks = Callbacks(LOOPBACK, total_timeout_seconds=2)
    yield callbacks
    await callbacks.close()
