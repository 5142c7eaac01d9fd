"""Jobs and what becomes of them, made in one line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.tables import quota_months, quota_reservations
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import State
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.sources.spool import Spool

DELIVERY = Delivery(
    path="/results/abc",
    source_bytes=1000,
    result_bytes=400,
    format="webp",
    media_type="image/webp",
    width=40,
    height=30,
    is_cached=False,
    score=72.5,
    metric="ssimulacra2",
    quality=61,
    expires_at=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
    receipt="original=1000",
    sha256="ab" * 32,
    crc32=7,
)


class Clock:
    """Time that a test moves on."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def job_of(account: Account | str, clock: Clock, **changes: object) -> Job:
    fields: dict[str, object] = {
        "id": uuid4().hex,
        "account_id": account if isinstance(account, str) else account.id,
        "key_id": "",
        "state": State.QUEUED,
        "filename": "photo.jpg",
        "order": JobOrder(options="full", source_url="https://example.com/photo.jpg"),
        "created_at": clock(),
    }
    return Job(**(fields | changes))  # type: ignore[arg-type]


async def put(
    repository: JobRepository, account: Account, clock: Clock, count: int = 1, **changes: object
) -> list[Job]:
    """Jobs in the queue, one microsecond after the other."""
    jobs = []
    for number in range(count):
        clock.pass_by(0.000001)
        jobs.append(job_of(account, clock, number=number, **changes))
    await repository.insert(jobs)
    return jobs


async def reserve(meter: Meter, account: Account, jobs: Sequence[Job]) -> None:
    assert await meter.reserve(account, [job.id for job in jobs]) == len(jobs)


async def used_images(database: Database) -> int:
    async with database.session() as session:
        return sum((await session.execute(select(quota_months.c.used))).scalars())


async def reserved_ids(database: Database) -> set[str]:
    async with database.session() as session:
        return set((await session.execute(select(quota_reservations.c.id))).scalars())


def spool_of(directory: Path, data: bytes) -> Spool:
    """A complete spool; the caller closes it."""
    spool = Spool(directory, max_source_bytes=1 << 26, expected_bytes=len(data))
    spool.write(data)
    spool.finish()
    return spool
