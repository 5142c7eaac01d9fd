"""News of a batch: one question an interval, for however many listen."""

import asyncio
import logging
import time
from contextlib import AsyncExitStack

import pytest

from imgproxy_py.jobs.batch import BatchProgress
from imgproxy_py.jobs.batch_watch import FEW_FILES, MAX_SHARE, OFTENER, BatchWatch
from imgproxy_py.jobs.states import State
from tests.waiting import until

INTERVAL = 0.05


class Batch:
    """A batch whose jobs finish when a test says so."""

    def __init__(self) -> None:
        self.files = 90
        self.done = 0
        self.asked = 0
        self.takes_seconds = 0.0
        self.fails = False

    async def progress(self, _batch_id: str) -> BatchProgress:
        self.asked += 1
        await asyncio.sleep(self.takes_seconds)
        if self.fails:
            raise OSError("the disk is gone")
        return BatchProgress(
            counts={State.SUCCEEDED: self.done, State.QUEUED: self.files - self.done}
        )


async def test_a_hundred_listeners_cost_one_question_an_interval() -> None:
    batch = Batch()
    watch = BatchWatch(batch.progress, interval_seconds=INTERVAL)
    async with AsyncExitStack() as listeners:
        watched = [await listeners.enter_async_context(watch.watching("b")) for _ in range(100)]
        first = await asyncio.gather(*(each.next(None, seconds=5) for each in watched))
        batch.done = 4
        known = {each.version for each in first if each is not None}
        again = await asyncio.gather(*(each.next(*known, seconds=5) for each in watched))

    assert len(known) == 1
    assert {each and each.counts[State.SUCCEEDED] for each in again} == {4}
    assert batch.asked <= 4


async def test_what_has_not_changed_is_no_news() -> None:
    watch = BatchWatch(Batch().progress, interval_seconds=INTERVAL)
    async with watch.watching("b") as watching:
        first = await watching.next(None, seconds=5)

        assert first is not None
        assert await watching.next(first.version, seconds=4 * INTERVAL) is None


async def test_nobody_is_asked_when_nobody_listens() -> None:
    batch = Batch()
    watch = BatchWatch(batch.progress, interval_seconds=INTERVAL)
    async with watch.watching("b") as one:
        async with watch.watching("b"):
            await one.next(None, seconds=5)
        asked = batch.asked
        await until(lambda: batch.asked > asked)
    asked = batch.asked
    await asyncio.sleep(3 * INTERVAL)

    assert batch.asked == asked


@pytest.mark.parametrize(
    ("unfinished", "is_soon"), [(FEW_FILES, True), (FEW_FILES + 1, False), (0, False)]
)
async def test_only_the_end_of_a_batch_is_looked_for_oftener(
    unfinished: int, is_soon: bool
) -> None:
    batch = Batch()
    batch.done = batch.files - unfinished
    watch = BatchWatch(batch.progress, interval_seconds=OFTENER * INTERVAL)
    async with watch.watching("b") as watching:
        await watching.next(None, seconds=5)
        asked = batch.asked
        began_at = time.monotonic()
        await until(lambda: batch.asked > asked)
        seconds = time.monotonic() - began_at

    # A busy machine only makes it longer.
    assert is_soon or seconds > 2 * INTERVAL


async def test_a_batch_that_takes_long_to_count_is_counted_less_often() -> None:
    batch = Batch()
    batch.takes_seconds = 0.02
    watch = BatchWatch(batch.progress, interval_seconds=0.001)
    began_at = time.monotonic()
    async with watch.watching("b"):
        await asyncio.sleep(0.6)
        seconds = time.monotonic() - began_at

    assert 2 <= batch.asked <= 1 + seconds / (batch.takes_seconds / MAX_SHARE)


async def test_a_failure_is_logged_and_the_next_answer_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    batch = Batch()
    batch.fails = True
    watch = BatchWatch(batch.progress, interval_seconds=INTERVAL)
    with caplog.at_level(logging.ERROR):
        async with watch.watching("b") as watching:
            assert await watching.next(None, seconds=2 * INTERVAL) is None
            batch.fails = False
            assert await watching.next(None, seconds=5) is not None

    assert "the progress of a batch could not be read" in caplog.text
