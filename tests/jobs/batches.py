"""A real database with an account in it, and rows of jobs as workers leave them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.rows import new_row, result_text
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs
from imgproxy_py.service.delivery import Delivery

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@asynccontextmanager
async def database_with_account(folder: Path) -> AsyncIterator[tuple[Database, Account]]:
    url = f"sqlite:///{folder}/imgproxy.db"
    await migrate(url)
    database = Database(url)
    try:
        repository = AccountRepository(database, plans=PLANS)
        yield database, await repository.create("tester", plan="unlimited")
    finally:
        await database.dispose()


def delivery(**changes: object) -> Delivery:
    values: dict[str, object] = {
        "path": f"/results/{uuid4().hex[:24]}",
        "source_bytes": 1000,
        "result_bytes": 400,
        "format": "webp",
        "media_type": "image/webp",
        "width": 8,
        "height": 6,
        "is_cached": False,
    }
    return Delivery(**(values | changes))  # type: ignore[arg-type]


async def put_job(
    database: Database,
    account: Account,
    batch_id: str,
    number: int,
    *,
    state: State = State.QUEUED,
    filename: str = "photo.png",
    result: Delivery | None = None,
) -> Job:
    """One row of a batch."""
    job = Job(
        id=uuid4().hex,
        account_id=account.id,
        key_id="",
        batch_id=batch_id,
        number=number,
        state=state,
        filename=filename,
        order=JobOrder(options="full"),
        created_at=NOW,
    )
    row = new_row(job) | {"result": result_text(result), "finished_at": result and NOW}
    async with database.begin() as session:
        await session.execute(insert(jobs).values(row))
    return job
