"""A batch's callback: due once nothing of it is left to do, and told as the batch is shown."""

import asyncio
import json

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Chunk
from imgproxy_py.jobs.batch_account import AccountBatches
from imgproxy_py.jobs.batch_callbacks import BatchCallbackRows, BatchEnds
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.callbacks import CallbackSender
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.sources.callback import Callbacks
from tests.jobs.making import Clock, put
from tests.jobs.receiver import Receiver
from tests.jobs.test_callbacks import LETTERS
from tests.waiting import until

URL = "http://127.0.0.1:9/hook"


class Shop:
    """Batches of one account, over real rows."""

    def __init__(self, database: Database, account: Account, clock: Clock) -> None:
        self.account, self.clock = account, clock
        self.batches = BatchRepository(database)
        self.chunks = ChunkRepository(database, now=clock)
        self.jobs = JobRepository(database, now=clock)
        self.of_account = AccountBatches(database, now=clock)
        self.ends = BatchEnds(database, now=clock)
        self.rows = BatchCallbackRows(database, self.batches, now=clock)

    async def opened(self, request: str = "1") -> Chunk:
        """A chunk of two files, whose jobs are in the queue."""
        chunk = await self.chunks.open_chunk(
            self.account.id, "spring", request_sha256=request, files=2
        )
        await put(self.jobs, self.account, self.clock, 2, batch_id=chunk.batch.id)
        return chunk

    async def taken(self, request: str = "1", *, url: str | None = URL) -> Chunk:
        chunk = await self.opened(request)
        await self.chunks.close_chunk(chunk, [], callback_url=url)
        return chunk

    async def end(self, chunk: Chunk, count: int = 2) -> None:
        """Let this many of its jobs end, by cancelling them."""
        ids = [job.id for job in await self.batches.items(chunk.batch.id, after=-1, limit=9)]
        for job_id in ids[:count]:
            await self.jobs.cancel(self.account.id, job_id)


@pytest.fixture
def shop(database: Database, account: Account, clock: Clock) -> Shop:
    return Shop(database, account, clock)


async def test_a_callback_is_due_when_the_last_job_has_ended_and_once(shop: Shop) -> None:
    chunk = await shop.taken()
    await shop.end(chunk, 1)
    assert await shop.ends.look() == 0

    await shop.end(chunk)

    assert await shop.ends.look() == 1
    assert await shop.ends.look() == 0
    assert [each.url for each in await shop.rows.take(5)] == [URL]


async def test_a_chunk_that_is_still_being_taken_announces_nothing(shop: Shop) -> None:
    first = await shop.taken("1")
    await shop.end(first)
    await shop.ends.look()

    await shop.opened("2")

    assert await shop.ends.look() == 0


async def test_another_chunk_is_another_announcement_where_the_last_one_said(shop: Shop) -> None:
    first = await shop.taken("1")
    await shop.end(first)
    await shop.ends.look()
    [told] = await shop.rows.take(1)
    await shop.rows.settle(told, wait=None)

    second = await shop.taken("2", url=None)
    assert await shop.ends.look() == 0
    await shop.of_account.cancel(second.batch)
    assert await shop.ends.look() == 1

    [again] = await shop.rows.take(1)
    assert (again.url, again.attempt) == (URL, 1)
    assert again.subject.message_name == f"{first.batch.id}_2"
    assert told.subject.message_name == f"{first.batch.id}_1"


async def test_a_batch_without_a_callback_url_announces_nothing(shop: Shop) -> None:
    chunk = await shop.taken(url=None)
    await shop.end(chunk)

    assert await shop.ends.look() == 0


async def test_what_is_tried_again_is_due_after_its_wait(shop: Shop) -> None:
    chunk = await shop.taken()
    await shop.end(chunk)
    await shop.ends.look()

    assert await shop.rows.take(5, without=[shop.account.id]) == []
    [_] = await shop.rows.take(5)
    assert await shop.rows.take(5) == []
    shop.clock.pass_by(61)
    [again] = await shop.rows.take(5)

    assert again.attempt == 2


async def test_the_end_is_posted_as_the_batch_is_shown_and_signed(
    shop: Shop, receiver: Receiver, poster: Callbacks
) -> None:
    sender = CallbackSender(rows=shop.rows, poster=poster, letters=LETTERS, poll_seconds=0.02)
    chunk = await shop.taken(url=receiver.url)
    await shop.end(chunk)
    await shop.ends.look()

    sending = asyncio.create_task(sender.run())
    await until(lambda: len(receiver.received) == 1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    [received] = receiver.received
    told = json.loads(received.body)
    batch = await shop.batches.find(shop.account.id, "spring")
    assert told == batch.as_json() | (await shop.batches.progress(batch.id)).as_json()
    assert (told["client_batch_id"], told["cancelled"], told["is_finished"]) == ("spring", 2, True)
    assert received.headers["webhook-id"] == f"msg_{chunk.batch.id}_1"
    assert received.headers["webhook-signature"].startswith("v1,")


async def test_news_and_time_alike_make_it_look(shop: Shop, database: Database) -> None:
    due = asyncio.Event()
    patient = BatchEnds(database, on_due=due.set, now=shop.clock, poll_seconds=600)
    running = asyncio.create_task(patient.run())
    chunk = await shop.taken()
    await shop.end(chunk)

    patient.wake()

    await asyncio.wait_for(due.wait(), 20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
