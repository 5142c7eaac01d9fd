"""The pool on real children with real pictures: deadlines, crashes, arriving sources."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import pyvips

from imgproxy_py.engine.errors import ImageTooLarge, NotAnImage
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.sources.errors import SourceTruncated
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers import frames
from imgproxy_py.workers.child import MAX_SVG_CPU_SECONDS
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed, Overloaded
from imgproxy_py.workers.frames import Frame
from imgproxy_py.workers.pool import EnginePool, PoolSettings
from tests.waiting import until
from tests.web.pictures import jpeg, opened, png
from tests.workers.processes import is_running, job, large_jpeg, since_now, spooled

# How late a deadline may ring is measured.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.serial]
CHILDREN = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[EnginePool]:
    running = EnginePool(PoolSettings(children=CHILDREN, max_waiting=8, memory_bytes=800 << 20))
    await running.start()
    yield running
    await running.close()


def within(seconds: float) -> float:
    return time.monotonic() + seconds


async def rung_at(moment: float) -> float:
    await asyncio.sleep(moment - time.monotonic())
    return time.monotonic()


async def optimized(pool: EnginePool, spool: Spool, options: str) -> Optimized:
    result = await pool.run(job(options), spool, deadline=within(60))
    assert isinstance(result, Optimized)
    return result


async def test_a_job_gives_the_result_with_its_facts(pool: EnginePool, tmp_path: Path) -> None:
    with spooled(tmp_path, jpeg()) as spool:
        result = await optimized(pool, spool, "320")

    assert (result.width, result.height) == (320, 240)
    assert (result.source.width, result.source.height) == (640, 480)
    assert opened(result.data).width == 320


async def test_meta_gives_facts_and_no_picture(pool: EnginePool, tmp_path: Path) -> None:
    with spooled(tmp_path, png()) as spool:
        answer = await pool.run(job("meta"), spool, deadline=within(20))

    assert isinstance(answer, Meta)
    assert (answer.facts.width, answer.facts.has_alpha) == (192, True)


async def test_the_engines_errors_cross_the_process_by_class(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, b"<html>not a picture</html>") as spool, pytest.raises(NotAnImage):
        await pool.run(job("full"), spool, deadline=within(20))
    with spooled(tmp_path, jpeg()) as spool, pytest.raises(ImageTooLarge, match="640"):
        await pool.run(job("full", max_pixels=1000), spool, deadline=within(20))


async def test_a_source_that_arrives_slowly_is_decoded_meanwhile(
    pool: EnginePool, tmp_path: Path
) -> None:
    data = png(900, 600)
    with spooled(tmp_path, data, is_complete=False) as spool:
        work = asyncio.create_task(optimized(pool, spool, "300"))
        for start in range(0, len(data), 1 + len(data) // 10):
            spool.write(data[start : start + 1 + len(data) // 10])
            await asyncio.sleep(0.03)
        spool.finish()
        result = await work

    with spooled(tmp_path, data) as spool:
        assert (await optimized(pool, spool, "300")).data == result.data


async def test_a_source_that_breaks_off_fails_with_the_sources_own_reason(
    pool: EnginePool, tmp_path: Path
) -> None:
    data = jpeg()
    with spooled(tmp_path, data, is_complete=False) as spool:
        work = asyncio.create_task(optimized(pool, spool, "300"))
        spool.write(data[: len(data) // 2])
        await asyncio.sleep(0.1)
        spool.fail(SourceTruncated("cut"))
        with pytest.raises(SourceTruncated):
            await work

    with spooled(tmp_path, data) as spool:
        assert (await optimized(pool, spool, "300")).width == 300


async def test_a_wrong_head_is_refused_before_the_rest_has_come(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, b"", is_complete=False) as spool:
        spool.write(b"%PDF-1.7" + bytes(8192))
        with pytest.raises(NotAnImage):
            await pool.run(job("full"), spool, deadline=within(20))

    with spooled(tmp_path, jpeg()) as spool:
        assert (await optimized(pool, spool, "300")).width == 300


async def test_slow_sources_leave_children_for_those_that_are_there(
    pool: EnginePool, tmp_path: Path
) -> None:
    with (
        spooled(tmp_path, jpeg(), is_complete=False) as first,
        spooled(tmp_path, jpeg(), is_complete=False) as second,
        spooled(tmp_path, jpeg()) as there,
    ):
        slow = []
        for spool in (first, second):
            spool.write(jpeg()[:5000])
            slow.append(asyncio.create_task(optimized(pool, spool, "100")))
        await asyncio.sleep(0.2)
        result = await optimized(pool, there, "100")
        assert not any(task.done() for task in slow)
        for spool in (first, second):
            spool.write(jpeg()[5000:])
            spool.finish()
        others = await asyncio.gather(*slow)

    assert {other.data for other in others} == {result.data}


async def test_at_the_deadline_the_child_is_dead_and_another_takes_its_place(
    pool: EnginePool, tmp_path: Path
) -> None:
    before = set(pool.child_pids)
    with spooled(tmp_path, large_jpeg()) as spool:
        deadline = within(0.4)
        # On a busy machine every clock rings late: this one tells how late.
        clock = asyncio.create_task(rung_at(deadline))
        with pytest.raises(DeadlineReached):
            await pool.run(job("format=avif,quality=high"), spool, deadline=deadline)
        ended_at = time.monotonic()

    assert ended_at > deadline - 0.05
    assert ended_at - await clock < 0.2
    (killed,) = before - set(pool.child_pids)
    await until(lambda: not is_running(killed))
    await until(lambda: pool.living_children == CHILDREN)
    with spooled(tmp_path, jpeg()) as spool:
        assert (await optimized(pool, spool, "100")).width == 100


async def test_a_long_animation_is_its_own_answer_where_time_ends_with_its_decoding(
    pool: EnginePool, tmp_path: Path
) -> None:
    pages = [pyvips.Image.gaussnoise(240, 200, seed=at).cast("uchar") for at in range(75)]
    tall = pyvips.Image.arrayjoin(pages, across=1)
    tall.set_type(pyvips.GValue.gint_type, "page-height", 200)
    noise = tall.gifsave_buffer(effort=1)
    for _ in range(5):  # a busy machine may not even read its header within the time
        with spooled(tmp_path, noise) as spool, pytest.raises(DeadlineReached) as reached:
            await pool.run(job("full"), spool, deadline=within(0.2))
        best = reached.value.best
        if best is not None:
            break

    assert best is not None
    assert (best.stop, best.is_provisional, best.frames) == ("source", True, 75)
    assert 0 < len(best.data) <= len(noise)
    await until(lambda: pool.living_children == CHILDREN)


async def test_a_child_that_dies_fails_one_request_and_not_the_pool(
    pool: EnginePool, tmp_path: Path
) -> None:
    worked = since_now(pool.child_pids)
    with spooled(tmp_path, large_jpeg()) as spool:
        running = asyncio.create_task(
            pool.run(job("format=avif,quality=high"), spool, deadline=within(60))
        )
        await until(lambda: max(worked().values()) > 0.1)
        busy = max(worked(), key=worked().__getitem__)
        os.kill(busy, signal.SIGKILL)
        with pytest.raises(EngineCrashed):
            await running

    with spooled(tmp_path, jpeg()) as spool:
        assert (await optimized(pool, spool, "100")).width == 100
    await until(lambda: pool.living_children == CHILDREN)


async def test_a_child_that_was_not_understood_never_answers_the_next_request(
    pool: EnginePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    understand = frames.rejoined
    before = set(pool.child_pids)

    def misunderstand(frame: Frame) -> Optimized:
        monkeypatch.setattr(frames, "rejoined", understand)
        raise ValueError(frame.kind)

    monkeypatch.setattr(frames, "rejoined", misunderstand)
    with spooled(tmp_path, large_jpeg()) as spool, pytest.raises(ValueError, match="12"):
        await pool.run(job("full"), spool, deadline=within(20))  # its first candidate

    with spooled(tmp_path, jpeg()) as spool:
        results = await asyncio.gather(*(optimized(pool, spool, "100") for _ in range(4)))
    assert {result.width for result in results} == {100}
    assert len(before & set(pool.child_pids)) == CHILDREN - 1
    await until(lambda: pool.living_children == CHILDREN)


async def test_a_drawing_that_never_ends_costs_its_share_of_time_and_no_more(
    pool: EnginePool, tmp_path: Path
) -> None:
    selectors = "".join(f"rect rect rect g *:not(.a{index}) {{fill:red}}" for index in range(6000))
    shapes = "<g>" * 40 + "<rect/>" * 3000 + "</g>" * 40
    drawing = f"""<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900">
        <style>{selectors}</style>{shapes}</svg>"""
    worked = since_now(pool.child_pids)
    most_seconds = 0.0
    with spooled(tmp_path, drawing.encode()) as spool:
        running = asyncio.create_task(pool.run(job("200"), spool, deadline=within(60)))
        while not running.done():
            most_seconds = max(most_seconds, *worked().values())
            await asyncio.sleep(0.05)
        with pytest.raises(EngineCrashed):
            await running

    assert MAX_SVG_CPU_SECONDS / 2 < most_seconds < MAX_SVG_CPU_SECONDS + 0.5
    await until(lambda: pool.living_children == CHILDREN)


async def test_children_that_die_at_rest_are_noticed_and_replaced(
    pool: EnginePool, tmp_path: Path
) -> None:
    for pid in pool.child_pids:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: pool.living_children == 0)
    with spooled(tmp_path, jpeg()) as spool:
        assert (await optimized(pool, spool, "100")).width == 100

    killed = set(pool.child_pids)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: killed.isdisjoint(pool.child_pids))
    await until(lambda: pool.living_children == CHILDREN)


async def test_more_than_may_wait_is_refused_with_a_time_to_come_back(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, jpeg()) as spool:
        jobs = (pool.run(job("full"), spool, deadline=within(30)) for _ in range(20))
        answers = await asyncio.gather(*jobs, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    done = [answer for answer in answers if isinstance(answer, Optimized)]
    assert len(refused) + len(done) == 20
    assert len(done) >= 8
    assert refused
    assert all(error.retry_after_seconds >= 1 for error in refused)


async def test_a_cancelled_request_gives_its_child_back(pool: EnginePool, tmp_path: Path) -> None:
    with spooled(tmp_path, jpeg()) as spool:
        works = [asyncio.create_task(optimized(pool, spool, "full")) for _ in range(CHILDREN)]
        await asyncio.sleep(0.01)
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        result = await optimized(pool, spool, "100")

    assert result.width == 100
