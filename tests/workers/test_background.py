"""Work that nobody waits for, on a real child: it yields to requests and gives itself back."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.result import Optimized
from imgproxy_py.workers import background
from imgproxy_py.workers.background import GaveWay
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed
from imgproxy_py.workers.pool import EnginePool, PoolSettings
from tests.pictures import landscape
from tests.web.pictures import jpeg
from tests.workers.processes import is_running, job, spooled, state, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[EnginePool]:
    settings = PoolSettings(children=1, memory_bytes=600 << 20, has_background=True)
    running = EnginePool(settings)
    # With the rank of any process: on a busy machine the tests would else take minutes.
    engine = running.background
    engine._settings = replace(engine._settings, is_background=False)
    await running.start()
    yield running
    await running.close()


def large_jpeg() -> bytes:
    """Twelve megapixels: work for some seconds."""
    data: bytes = landscape(1000, 750).resize(4).jpegsave_buffer(Q=85)
    return data


async def test_the_same_result_comes_from_the_background(pool: EnginePool, tmp_path: Path) -> None:
    with spooled(tmp_path, jpeg()) as spool:
        live = await pool.run(job("320"), spool, deadline=time.monotonic() + 20)
        quiet = await pool.background.run(job("320"), spool, cpu_seconds=20)

    assert isinstance(live, Optimized)
    assert isinstance(quiet, Optimized)
    assert quiet.data == live.data
    assert pool.background.child_pid not in pool.child_pids


async def test_the_engines_errors_come_through_and_the_child_goes_on(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, jpeg()) as good, spooled(tmp_path, b"<html>") as bad:
        await pool.background.run(job("100"), good, cpu_seconds=20)
        before = pool.background.child_pid
        with pytest.raises(NotAnImage):
            await pool.background.run(job("100"), bad, cpu_seconds=20)
        await pool.background.run(job("100"), good, cpu_seconds=20)

    assert pool.background.child_pid == before


async def test_it_stands_still_while_every_child_of_the_pool_is_at_work(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, large_jpeg()) as spool, spooled(tmp_path, jpeg()) as small:
        quiet = asyncio.create_task(pool.background.run(job("full"), spool, cpu_seconds=60))
        await until(lambda: pool.background.child_pid is not None)
        pid = pool.background.child_pid
        assert pid is not None
        live = asyncio.create_task(
            pool.run(job("full,format=avif"), small, deadline=time.monotonic() + 20)
        )
        await until(lambda: state(pid) == "T")
        await live
        await until(lambda: state(pid) != "T")
        quiet.cancel()
        await asyncio.gather(quiet, return_exceptions=True)


async def test_work_waits_until_the_pool_has_a_child_at_rest(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, jpeg()) as spool:
        pool.background.give_way(True)
        quiet = asyncio.create_task(pool.background.run(job("100"), spool, cpu_seconds=20))
        await asyncio.sleep(0.2)
        assert not quiet.done()
        pool.background.give_way(False)
        assert isinstance(await quiet, Optimized)


async def test_time_held_up_does_not_count_against_the_limit(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, jpeg()) as spool:
        await pool.background.run(job("100"), spool, cpu_seconds=1)
        quiet = asyncio.create_task(pool.background.run(job("full"), spool, cpu_seconds=1))
        await asyncio.sleep(0)
        pool.background.give_way(True)
        await asyncio.sleep(1.5)
        pool.background.give_way(False)

        assert isinstance(await quiet, Optimized)


async def test_at_its_limit_the_child_is_dead_and_the_best_result_is_told(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, large_jpeg()) as spool:
        quiet = asyncio.create_task(
            pool.background.run(job("quality=high,format=avif"), spool, cpu_seconds=0.2)
        )
        await until(lambda: pool.background.child_pid is not None)
        pid = pool.background.child_pid
        with pytest.raises(DeadlineReached):
            await quiet

    assert pid is not None
    await until(lambda: not is_running(pid))


async def test_a_child_that_dies_fails_its_job_and_not_the_next(
    pool: EnginePool, tmp_path: Path
) -> None:
    with spooled(tmp_path, large_jpeg()) as spool, spooled(tmp_path, jpeg()) as small:
        await pool.background.run(job("100"), small, cpu_seconds=20)
        pid = pool.background.child_pid
        assert pid is not None
        quiet = asyncio.create_task(pool.background.run(job("full"), spool, cpu_seconds=20))
        await asyncio.sleep(0.2)
        os.kill(pid, 9)
        with pytest.raises(EngineCrashed):
            await quiet
        assert isinstance(await pool.background.run(job("100"), small, cpu_seconds=20), Optimized)


async def test_memory_that_a_request_waits_for_is_given_back_at_once(
    pool: EnginePool, tmp_path: Path
) -> None:
    budget = pool.background._budget
    with spooled(tmp_path, large_jpeg()) as spool:
        quiet = asyncio.create_task(
            pool.background.run(job("full,format=png"), spool, cpu_seconds=60)
        )
        await until(lambda: budget.used_bytes > 0)
        async with budget.granted(budget.max_request_bytes):
            with pytest.raises(GaveWay):
                await quiet
    assert budget.used_bytes == 0


async def test_memory_that_requests_hold_is_not_waited_for(
    pool: EnginePool, tmp_path: Path
) -> None:
    budget = pool.background._budget
    with spooled(tmp_path, large_jpeg()) as spool:
        async with budget.granted(budget.max_request_bytes):
            with pytest.raises(GaveWay):
                await pool.background.run(job("full,format=png"), spool, cpu_seconds=60)


async def test_after_a_rest_the_child_goes_back_to_the_system(
    pool: EnginePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "REST_SECONDS", 0.05)
    with spooled(tmp_path, jpeg()) as spool:
        await pool.background.run(job("100"), spool, cpu_seconds=20)
        pid = pool.background.child_pid
        assert pid is not None
        await until(lambda: not is_running(pid))
        assert pool.background.child_pid is None

        assert isinstance(await pool.background.run(job("100"), spool, cpu_seconds=20), Optimized)


async def test_cancelled_work_ends_its_child(pool: EnginePool, tmp_path: Path) -> None:
    with spooled(tmp_path, large_jpeg()) as spool:
        quiet = asyncio.create_task(pool.background.run(job("full"), spool, cpu_seconds=60))
        await until(lambda: pool.background.child_pid is not None)
        pid = pool.background.child_pid
        quiet.cancel()
        await asyncio.gather(quiet, return_exceptions=True)

    assert pid is not None
    await until(lambda: not is_running(pid))
    assert pool.living_children == 1
