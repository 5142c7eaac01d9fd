"""Passwords in source URLs: there for as long as the job may need them, and not a moment longer."""

import json
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs.batch_account import AccountBatches
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.ending import INTERNAL, MAX_ATTEMPTS, Ending, succeeded
from imgproxy_py.jobs.job import JobOrder
from imgproxy_py.jobs.leases import LEASE, Leases, release_expired
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs
from tests.accounts.test_migration import to
from tests.jobs.making import DELIVERY, Clock, put

BARE = "https://example.com/a@b.jpg?c=d@e"
URL = "https://ada:s3cret@x@example.com/a@b.jpg?c=d@e"
ORDER = JobOrder(options="full", source_url=URL)


async def stored(database: Database) -> str:
    """Everything in the row of the only job."""
    row = await database.read(lambda connection: connection.execute(select(jobs)).one())
    return repr(tuple(row))


@pytest.fixture
async def leases(database: Database, clock: Clock) -> Leases:
    return Leases(database, owner="a" * 32, now=clock)


async def test_a_worker_gets_the_url_as_it_was_sent(
    repository: JobRepository, account: Account, clock: Clock, leases: Leases
) -> None:
    await put(repository, account, clock, order=ORDER)

    [job] = await leases.claim(1)

    assert job.order == ORDER


@pytest.mark.parametrize(
    "source_url",
    [None, BARE, "https://example.com", "http:/u@example.com/a", "https://u:@example.com"],
)
async def test_every_url_comes_back_as_it_was_put_in(
    repository: JobRepository, account: Account, clock: Clock, source_url: str | None
) -> None:
    order = JobOrder(options="full", source_url=source_url)
    [job] = await put(repository, account, clock, order=order)

    assert (await repository.get(account.id, job.id)).order == order


async def test_what_is_tried_again_still_has_it(
    repository: JobRepository, account: Account, clock: Clock, leases: Leases
) -> None:
    await put(repository, account, clock, order=ORDER)
    [running] = await leases.claim(1)

    await leases.finish([Ending(job=running, state=State.QUEUED, error=INTERNAL)])

    [again] = await leases.claim(1)
    assert again.order == ORDER


async def test_a_job_that_ended_has_lost_it(
    database: Database, repository: JobRepository, account: Account, clock: Clock, leases: Leases
) -> None:
    [job] = await put(repository, account, clock, order=ORDER)
    assert "s3cret" in await stored(database)
    [running] = await leases.claim(1)

    await leases.finish([succeeded(running, DELIVERY, is_spent=False)])

    assert "s3cret" not in await stored(database)
    assert (await repository.get(account.id, job.id)).order.source_url == BARE


async def test_so_has_a_job_that_was_cancelled(
    database: Database, repository: JobRepository, account: Account, clock: Clock
) -> None:
    [job] = await put(repository, account, clock, order=ORDER)

    await repository.cancel(account.id, job.id)

    assert "s3cret" not in await stored(database)


async def test_so_has_a_job_of_a_batch_that_was_cancelled(
    database: Database, repository: JobRepository, account: Account, clock: Clock
) -> None:
    chunk = await ChunkRepository(database).open_chunk(
        account.id, "spring", request_sha256="1", files=1
    )
    await put(repository, account, clock, order=ORDER, batch_id=chunk.batch.id)

    await AccountBatches(database, now=clock).cancel(chunk.batch)

    assert "s3cret" not in await stored(database)


async def test_so_has_a_job_whose_workers_were_lost_again_and_again(
    database: Database, repository: JobRepository, account: Account, clock: Clock, leases: Leases
) -> None:
    await put(repository, account, clock, order=ORDER)
    for _ in range(MAX_ATTEMPTS):
        await leases.claim(1)
        clock.pass_by(LEASE.total_seconds() + 1)
        await release_expired(database, now=clock())

    assert "s3cret" not in await stored(database)


async def test_rows_from_before_lose_it_when_they_have_ended(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(to("0003", command.upgrade))
        await connection.exec_driver_sql(
            "INSERT INTO accounts VALUES ('a', 'someone', 'pro', 0, '2026-05-04 03:02:01.000000')"
        )
        for job_id, finished_at in (("ended", "'2026-05-04 03:02:01.000000'"), ("queued", "NULL")):
            order = json.dumps({"options": "full", "source_url": URL})
            await connection.exec_driver_sql(
                f"""INSERT INTO jobs (id, account_id, key_id, number, state, filename, "order",
                attempt, not_before, created_at, finished_at, callback_attempt) VALUES
                ('{job_id}', 'a', '', 0, 'queued', 'a', '{order}', 0, '2026-05-04 03:02:01.000000',
                '2026-05-04 03:02:01.000000', {finished_at}, 0)"""
            )

    await migrate(url)

    repository = JobRepository(database)
    assert (await repository.get("a", "ended")).order.source_url == BARE
    assert (await repository.get("a", "queued")).order.source_url == URL
    await database.dispose()
