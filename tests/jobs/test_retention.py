"""Old jobs and batches: what goes, what stays, and that a batch goes as a whole."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.jobs import retention
from imgproxy_py.jobs.batch import Rejection
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.errors import BatchNotFound
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.retention import Retention
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import batch_chunks, batch_rejections, batches, jobs
from tests.jobs.making import Clock, put

KEPT = timedelta(days=90)


async def ended(database: Database, clock: Clock, *ids: str) -> None:
    """Let these jobs end now."""
    await database.write(
        lambda connection: connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(ids))
            .values(state=State.SUCCEEDED.value, finished_at=clock.now)
        )
    )


async def batch_of_two(
    database: Database, account: Account, clock: Clock, name: str = "spring"
) -> tuple[str, list[str]]:
    """A batch whose third file was rejected; its id, and those of its jobs."""
    chunks = ChunkRepository(database, now=clock)
    chunk = await chunks.open_chunk(account.id, name, request_sha256=name, files=3)
    made = await put(JobRepository(database), account, clock, 2, batch_id=chunk.batch.id)
    rejected = Rejection(index=2, filename="a", code="upload_empty", message="empty", chunk=1)
    await chunks.close_chunk(chunk, [rejected])
    return chunk.batch.id, [job.id for job in made]


async def left(database: Database) -> list[int]:
    """Rows of jobs, batches, chunks and rejections."""
    counts = [
        select(func.count()).select_from(each)
        for each in (jobs, batches, batch_chunks, batch_rejections)
    ]
    return await database.read(
        lambda connection: [connection.execute(each).scalar_one() for each in counts]
    )


async def test_jobs_go_when_their_time_is_over_and_not_before(
    database: Database, account: Account, clock: Clock
) -> None:
    keeper = Retention(database, kept=KEPT, now=clock)
    old, young, running = await put(JobRepository(database), account, clock, 3)
    await ended(database, clock, old.id)
    clock.pass_by(1)
    await ended(database, clock, young.id)

    clock.pass_by(KEPT.total_seconds() - 1)
    assert await keeper.remove_old() == 0
    clock.pass_by(1)
    assert await keeper.remove_old() == 1

    known = await JobRepository(database).known([old.id, young.id, running.id])
    assert known == {young.id, running.id}


async def test_a_batch_goes_as_a_whole_with_all_that_belongs_to_it(
    database: Database, account: Account, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS", 1)
    _, ids = await batch_of_two(database, account, clock)
    await ended(database, clock, *ids)
    clock.pass_by(KEPT.total_seconds() + 1)

    assert await Retention(database, kept=KEPT, now=clock).remove_old() == 2

    assert await left(database) == [0, 0, 0, 0]
    with pytest.raises(BatchNotFound):
        await BatchRepository(database).find(account.id, "spring")


@pytest.mark.parametrize(
    "younger",
    [
        pytest.param(True, id="one file ended lately"),
        pytest.param(False, id="one file has not ended"),
    ],
)
async def test_a_batch_stays_whole_while_anything_of_it_is_young(
    database: Database, account: Account, clock: Clock, younger: bool
) -> None:
    _, (first, second) = await batch_of_two(database, account, clock)
    await ended(database, clock, first)
    clock.pass_by(KEPT.total_seconds() + 1)
    if younger:
        await ended(database, clock, second)

    assert await Retention(database, kept=KEPT, now=clock).remove_old() == 0

    assert await left(database) == [2, 1, 1, 1]


async def test_a_batch_that_is_being_removed_has_no_name_and_the_next_round_goes_on(
    database: Database, account: Account, clock: Clock
) -> None:
    batch_id, ids = await batch_of_two(database, account, clock)
    await ended(database, clock, *ids)
    await database.write(
        lambda connection: connection.execute(
            update(batches).where(batches.c.id == batch_id).values(client_batch_id=batch_id)
        )
    )
    with pytest.raises(BatchNotFound):
        await BatchRepository(database).find(account.id, "spring")
    other, _ = await batch_of_two(database, account, clock)
    clock.pass_by(KEPT.total_seconds() + 1)

    assert await Retention(database, kept=KEPT, now=clock).remove_old() == 2

    assert (await BatchRepository(database).find(account.id, "spring")).id == other
