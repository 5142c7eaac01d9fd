"""What was answered in haste is made anew, once, within bounds, and replaced only by better."""

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.job import Tier
from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.workers.background import GaveWay
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed
from imgproxy_py.workers.work import Outcome
from tests.service.refining import QUICK, SETTLED, ScriptedEngine, Story, told
from tests.waiting import until

CUT_SHORT = replace(QUICK, is_provisional=True)


async def test_the_next_request_gets_the_smaller_bytes_under_the_same_id(tmp_path: Path) -> None:
    async with told(tmp_path) as story:
        first = await story.ask()
        story.engine.gate.set()
        await story.finished(1)
        second = await story.ask()

    assert (bytes(first.data), bytes(second.data)) == (QUICK.data, SETTLED.data)
    assert second.record.result_id == first.record.result_id
    assert second.record.etag != first.record.etag
    assert second.cache.is_hit
    assert len(story.engine.live) == 1
    assert story.refiner.counts.saved_bytes == 20


async def test_the_background_has_the_same_job_with_the_other_tier_and_the_whole_source(
    tmp_path: Path,
) -> None:
    async with told(tmp_path) as story:
        await story.ask(b"every byte of it")
        story.engine.gate.set()
        await story.finished(1)

    # Though the request closed its spool long ago.
    assert story.engine.sources == [b"every byte of it"]
    assert story.engine.jobs == [replace(story.engine.live[0], tier=Tier.SETTLED)]


async def test_a_settled_result_is_never_made_again(tmp_path: Path) -> None:
    async with told(tmp_path) as story:
        story.engine.quick = SETTLED
        await story.ask(b"settled")
        story.engine.quick = QUICK
        await story.ask(b"hasty")
        story.engine.gate.set()
        await story.finished(1)

    assert story.engine.sources == [b"hasty"]


async def test_a_provisional_result_is_answered_while_a_better_one_is_on_its_way(
    tmp_path: Path,
) -> None:
    engine = ScriptedEngine(quick=CUT_SHORT)
    async with told(tmp_path, engine) as story:
        await story.ask()
        while_it_runs = await story.ask()
        engine.gate.set()
        await story.finished(1)
        afterwards = await story.ask()

    assert (while_it_runs.cache.is_hit, while_it_runs.record.is_provisional) == (True, True)
    assert (bytes(afterwards.data), afterwards.record.is_provisional) == (SETTLED.data, False)
    assert len(engine.live) == 1


async def test_a_provisional_result_that_nothing_better_follows_is_made_again_by_a_request(
    tmp_path: Path,
) -> None:
    def fail(_source: bytes) -> Outcome:
        raise EngineCrashed

    engine = ScriptedEngine(quick=CUT_SHORT, settle=fail)
    async with told(tmp_path, engine) as story:
        await story.ask()
        engine.gate.set()
        await story.finished(1)
        await story.ask()

    assert len(engine.live) == 2


async def test_one_result_is_refined_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    async with told(tmp_path) as story:
        for _ in range(3):
            await story.ask(b"one")
            await story.ask(b"two")
        story.engine.gate.set()
        await story.finished(2)

    assert len(story.engine.jobs) == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(BrokenImage("it is broken"), "it is broken", id="a broken picture"),
        pytest.param(DeadlineReached(best=None), "ran out", id="too much work"),
        pytest.param(GaveWay(), "memory", id="requests that needed its memory"),
        pytest.param(RuntimeError("a bug"), "a bug", id="a bug"),
    ],
)
async def test_what_goes_wrong_is_logged_with_the_request_and_the_next_one_is_done(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception, reason: str
) -> None:
    def settle(source: bytes) -> Outcome:
        if source == b"bad":
            raise error
        return SETTLED

    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(  # type: ignore[method-assign]
        f"{request_id.get()}: {record.getMessage()} {vars(record).get('reason', record.exc_info)}"
    )
    engine = ScriptedEngine(settle=settle)
    engine.gate.set()
    caplog.set_level(logging.INFO)
    logging.getLogger("imgproxy_py.service.refine").addHandler(handler)
    try:
        async with told(tmp_path, engine) as story:
            request_id.set("the-bad-one")
            await story.ask(b"bad")
            request_id.set("the-good-one")
            await story.ask(b"good")
            await story.finished(2)
            good = await story.ask(b"good")
    finally:
        logging.getLogger("imgproxy_py.service.refine").removeHandler(handler)

    assert seen[0].startswith("the-bad-one: a result was not refined ")
    assert reason in seen[0]
    assert seen[1].startswith("the-good-one: refined")
    assert bytes(good.data) == SETTLED.data


@pytest.mark.parametrize(
    "bounds",
    [
        pytest.param({"max_waiting": 2}, id="too many"),
        pytest.param({"max_waiting_bytes": 20}, id="too many bytes"),
    ],
)
async def test_the_oldest_are_given_up_when_too_much_waits(
    tmp_path: Path, bounds: dict[str, int]
) -> None:
    async with told(tmp_path, **bounds) as story:
        await story.ask(b"source 0 ")
        await until(lambda: bool(story.engine.jobs))
        for number in range(1, 5):
            await story.ask(b"source %d " % number)
        story.engine.gate.set()
        await story.finished(3)

    assert story.engine.sources == [b"source 0 ", b"source 3 ", b"source 4 "]
    assert story.refiner.counts.given_up == 2


@pytest.mark.parametrize("ends", ["all are done", "the server stops", "it never began"])
async def test_no_descriptor_is_left_behind(tmp_path: Path, ends: str) -> None:
    story = Story(tmp_path, ScriptedEngine(), max_waiting=3)
    before = len(os.listdir("/proc/self/fd"))
    if ends != "it never began":
        story.refiner.start()
    for number in range(6):
        await story.ask(b"%d" % number)
    if ends == "all are done":
        story.engine.gate.set()
        await story.finished(4)
    await story.refiner.close()

    # Something older may have been closed meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= before


async def test_a_stopped_refiner_takes_nothing_more(tmp_path: Path) -> None:
    async with told(tmp_path) as story:
        story.engine.gate.set()
    await story.ask(b"too late")

    story.refiner.start()  # once more, to see whether that one was kept
    await story.ask(b"in time")
    await story.finished(1)
    await story.refiner.close()

    assert story.engine.sources == [b"in time"]


async def test_what_was_removed_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    async with told(tmp_path) as story:
        first = await story.ask()
        await story.results.records.forget_result(first.record.result_id)
        story.engine.gate.set()
        await story.finished(1)

        assert await story.results.records.result(first.record.result_id) is None


async def test_a_smaller_result_that_somebody_put_there_meanwhile_stays(tmp_path: Path) -> None:
    async with told(tmp_path) as story:
        first = await story.ask()
        theirs = replace(first.record, sha256="ab" * 32, bytes=50)
        await story.results.records.put_result(theirs)
        story.engine.gate.set()
        await story.finished(1)

        assert await story.results.records.result(first.record.result_id) == theirs


async def test_without_a_refiner_nothing_is_made_again(tmp_path: Path) -> None:
    engine = ScriptedEngine(quick=CUT_SHORT)
    story = Story(tmp_path, engine)
    story.optimizer = replace(story.optimizer, refiner=None)

    await story.ask()
    await story.ask()

    assert (len(engine.live), engine.jobs) == (2, [])
