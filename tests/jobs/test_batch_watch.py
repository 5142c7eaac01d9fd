"""News of a batch: one question an interval, for however many listen."""

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from itertools import pairwise

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
        self.asked_at: list[float] = []
        self.takes_seconds = 0.0
        self.fails = False

    @property
    def asked(self) -> int:
        return len(self.asked_at)

    @property
    def pauses(self) -> list[float]:
        """Seconds between one question and the next."""
        return [later - sooner for sooner, later in pairwise(self.asked_at)]

    async def progress(self, _batch_id: str) -> BatchProgress:
        self.asked_at.append(time.monotonic())
        await asyncio.sleep(self.takes_seconds)
        if self.fails:
            raise OSError("the disk is gone")
        return BatchProgress(
            counts={State.SUCCEEDED: self.done, State.QUEUED: self.files - self.done}
        )


async def test_a_hundred_listeners_cost_one_question_an_interval() -> None:
    batch = Batch()
    watch = BatchWatch(batch.progress, interval_seconds=INTERVAL)
    began_at = time.monotonic()
    async with AsyncExitStack() as listeners:
        watched = [await listeners.enter_async_context(watch.watching("b")) for _ in range(100)]
        first = await asyncio.gather(*(each.next(None, seconds=5) for each in watched))
        batch.done = 4
        known = {each.version for each in first if each is not None}
        again = await asyncio.gather(*(each.next(*known, seconds=5) for each in watched))
    seconds = time.monotonic() - began_at

    assert len(known) == 1
    assert {each and each.counts[State.SUCCEEDED] for each in again} == {4}
    assert batch.asked <= 2 + seconds / INTERVAL


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
    async with watch.watching("b"):
        # A busy machine makes pauses longer, but not all of them for ever.
        await until(lambda: len(batch.pauses) > 1 and has_short_one(batch) == is_soon)

    assert has_short_one(batch) == is_soon


def has_short_one(batch: Batch) -> bool:
    return min(batch.pauses) < OFTENER * INTERVAL / 2


async def test_a_batch_that_takes_long_to_count_is_counted_less_often() -> None:
    batch = Batch()
    batch.takes_seconds = 0.02
    watch = BatchWatch(batch.progress, interval_seconds=0.001)
    began_at = time.monotonic()
    async with watch.watching("b"):
        await until(lambda: batch.asked > 2)
        seconds = time.monotonic() - began_at

    assert batch.asked <= 1 + seconds / (batch.takes_seconds / MAX_SHARE)


async def test_a_failure_is_logged_and_the_next_answer_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    batch = Batch()
    batch.fails = True
    watch = BatchWatch(batch.progress, interval_seconds=INTERVAL)
    with caplog.at_level(logging.ERROR):
        async with watch.watching("b") as watching:
            assert await watching.next(None, seconds=2 * INTERVAL) is None
            await until(lambda: "the progress of a batch could not be read" in caplog.text)
            batch.fails = False
            assert await watching.next(None, seconds=20) is not None


async def test_jobs_that_end_here_are_told_of_without_waiting_for_the_next_look() -> None:
    batch = Batch()
    watch = BatchWatch(batch.progress, interval_seconds=30.0)
    async with watch.watching("b") as watching:
        first = await watching.next(None, seconds=20)
        assert first is not None
        batch.done = batch.files
        watch.hear("b")
        watch.hear("another")
        last = await watching.next(first.version, seconds=29.0)

    assert last is not None
    assert last.is_finished
    assert batch.asked == 2
