"""Accounts, keys, quotas and usage: everything that lies in the database, started."""

from contextlib import AsyncExitStack

from imgproxy_py.accounts.bootstrap import bootstrap
from imgproxy_py.accounts.directory import AccountDirectory
from imgproxy_py.accounts.keyring import KeyRing
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import load_plans
from imgproxy_py.accounts.rate_limit import RateLimiter
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.url_access import UrlAccess
from imgproxy_py.compose.parts import AccountParts
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.settings import Settings


async def start_accounts(settings: Settings, stack: AsyncExitStack) -> AccountParts:
    """The database in its newest layout, with an account in it."""
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    stack.push_async_callback(database.dispose)
    plans = load_plans(settings.plans_file)
    repository = AccountRepository(database, plans=plans)
    first_account = await bootstrap(
        database,
        repository,
        username=settings.bootstrap_username,
        api_key=settings.bootstrap_api_key,
        plan=settings.bootstrap_plan,
    )
    keys = KeyRing(repository, plans=plans)
    stack.push_async_callback(keys.close)
    meter = Meter(database, plans=plans)
    stack.push_async_callback(meter.close)
    return AccountParts(
        database=database,
        plans=plans,
        repository=repository,
        directory=AccountDirectory(repository.find),
        access=UrlAccess(database),
        keys=keys,
        meter=meter,
        limiter=RateLimiter(),
        first_account=first_account,
    )
