"""Four processes claim from one queue: every job is claimed once, and ends once."""

from collections import Counter

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.repository import JobRepository, utc_now
from imgproxy_py.jobs.states import State
from tests.jobs.making import Clock, job_of, reserve, reserved_ids, used_images
from tests.together import together

JOBS = 120

# Claims a few at a time until nothing is left, ends each as made, and prints its id.
CLAIM_ALL = """
import asyncio, sys
from sqlalchemy import text
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.ending import succeeded
from imgproxy_py.jobs.leases import Leases
from tests.jobs.making import DELIVERY

async def main(url, owner):
    database = Database(url)
    leases = Leases(database, owner=owner)
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
    print("ready", flush=True)
    sys.stdin.readline()
    while jobs := await leases.claim(5):
        held = await leases.finish([succeeded(job, DELIVERY, is_spent=True) for job in jobs])
        print("\\n".join(sorted(held)))
    await database.dispose()

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


async def test_four_processes_never_claim_one_job_twice(
    url: str, database: Database, clock: Clock
) -> None:
    clock.now = utc_now()  # as it is in the other processes
    account = await AccountRepository(database).create("busy", plan="starter")
    jobs = [job_of(account, clock, number=number) for number in range(JOBS)]
    await reserve(Meter(database, plans=PLANS), account, jobs)
    await JobRepository(database).insert(jobs)

    claimed = Counter(await claimed_by_processes(url))

    assert claimed == Counter(job.id for job in jobs)
    assert await all_states(database, account) == {State.SUCCEEDED}
    assert (await used_images(database), await reserved_ids(database)) == (JOBS, set())


async def claimed_by_processes(url: str) -> list[str]:
    """Ids, as often as they were claimed and ended."""
    told = await together(CLAIM_ALL, [[url, owner * 32] for owner in "abcd"])
    return [line for said in told for line in said.split()]


async def all_states(database: Database, account: Account) -> set[State]:
    page = await JobRepository(database).list(account.id, limit=JOBS + 1)
    return {job.state for job in page.jobs}
