"""Python programs that start together, as several servers on one database would."""

# Loads everything, says that it is ready, and goes on when all of the others are.
READY = """
import asyncio, os, sys
from uuid import uuid4
from imgproxy_py.accounts.errors import AccountError
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database

plans = {**PLANS, "tested": Plan(
    name="tested", max_keys=3, max_requests_per_minute=None, max_images_per_month=250)}

async def main(url):
    database = Database(url)
    repository = AccountRepository(database, plans=plans)
    meter = Meter(database, plans=plans)
    account = await repository.find("someone")
    print("ready", flush=True)
    sys.stdin.readline()
    print(await work(repository, meter, account), flush=True)
    await meter.close()
    await database.dispose()

"""
RUN = "\nasyncio.run(main(sys.argv[1]))\n"


def program(work: str) -> str:
    """Waits for a line, then runs the `async def work(repository, meter, account)` given."""
    return READY + work + RUN
