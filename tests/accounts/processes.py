"""Python programs that start together, as several servers on one database would."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence

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


def started(url: str, work: str) -> subprocess.Popen[str]:
    """Waits for a line, then runs the program's `async def work(repository, meter, account)`."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", READY + work + RUN, url],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


async def all_ready(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdout is not None
        said = await asyncio.to_thread(process.stdout.readline)
        assert said == "ready\n", process.communicate()[1]


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


async def together(url: str, work: str, *, count: int = 4) -> list[str]:
    """What each of `count` processes printed; they all begin at the same moment."""
    processes = [started(url, work) for _ in range(count)]
    await all_ready(processes)
    for process in processes:
        let_go(process)
    ended = [await asyncio.to_thread(process.communicate, timeout=60) for process in processes]
    assert [error for _, error in ended] == [""] * count
    return [said.strip() for said, _ in ended]
