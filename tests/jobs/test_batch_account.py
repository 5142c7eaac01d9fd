"""Batches as their account deals with them: every one listed once, and cancelled as a whole."""

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.database.database import Database
from imgproxy_py.jobs import batch_account
from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.batch_account import AccountBatches
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.errors import CursorInvalid
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.repository import KEPT_AFTER_CANCEL, JobRepository
from imgproxy_py.jobs.states import State
from tests.jobs.making import Clock, put, reserve, reserved_ids


async def test_pages_hold_every_batch_once_the_newest_first(
    database: Database, account: Account, clock: Clock
) -> None:
    chunks, listed = ChunkRepository(database, now=clock), AccountBatches(database)
    names = [f"batch {number}" for number in range(5)]
    for number, name in enumerate(names):
        clock.pass_by(number % 2)  # two begin at the same moment
        await chunks.open_chunk(account.id, name, request_sha256=name, files=number + 1)

    shown: list[Batch] = []
    cursor = None
    for _ in range(3):
        page = await listed.page(account.id, before=cursor, limit=2)
        shown += page.batches
        cursor = page.next_cursor

    assert cursor is None
    assert sorted(batch.client_batch_id for batch in shown) == names
    moments = [batch.created_at for batch in shown]
    assert moments == sorted(moments, reverse=True)
    assert {batch.client_batch_id: batch.total_files for batch in shown}["batch 4"] == 5
    assert (await listed.page("somebody else", limit=5)).batches == ()


async def test_a_cursor_that_no_list_gave_out_is_refused(
    database: Database, account: Account
) -> None:
    with pytest.raises(
        CursorInvalid, match=r"^the cursor is none that a list gave out; begin without one$"
    ):
        await AccountBatches(database).page(account.id, before="x", limit=5)


async def test_cancelling_ends_what_has_not_ended_and_gives_its_images_back(
    database: Database, account: Account, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_account, "ROWS", 2)
    heard: list[str] = []
    of_account = AccountBatches(database, on_cancelled=heard.append, now=clock)
    meter = Meter(database, plans=PLANS, now=clock)
    repository = JobRepository(database, now=clock)
    chunk = await ChunkRepository(database).open_chunk(
        account.id, "spring", request_sha256="1", files=5
    )
    jobs = await put(repository, account, clock, 5, batch_id=chunk.batch.id)
    [other] = await put(repository, account, clock)
    await reserve(meter, account, [*jobs, other])
    [running] = await Leases(database, owner="a" * 32, now=clock).claim(1)
    await repository.cancel(account.id, jobs[4].id)

    assert await of_account.cancel(chunk.batch) == 4
    assert await of_account.cancel(chunk.batch) == 0

    progress = await BatchRepository(database).progress(chunk.batch.id)
    assert progress.counts == {State.CANCELLED: 5}
    assert (await repository.get(account.id, other.id)).state is State.QUEUED
    assert set(heard) == {job.id for job in jobs[:4]}
    # One that runs may have made its image by now: then it counts.
    assert await reserved_ids(database) == {running.id, other.id}
    clock.pass_by(KEPT_AFTER_CANCEL.total_seconds() + 1)
    assert (await meter.month(account)).reserved == 1
