"""Work that nobody waits for, on a real child: it yields to requests and gives itself back."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.result import Optimized
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers import background
from imgproxy_py.workers.background import GaveWay
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed
from imgproxy_py.workers.pool import EnginePool, PoolSettings
from imgproxy_py.workers.work import Outcome
from tests.waiting import until
from tests.web.pictures import jpeg
from tests.workers.processes import cpu_seconds, is_running, job, large_jpeg, spooled, state

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


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Spool]:
    with spooled(tmp_path, jpeg()) as spool:
        yield spool


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Spool]:
    with spooled(tmp_path, large_jpeg()) as spool:
        yield spool


async def quietly(pool: EnginePool, spool: Spool, options: str = "100") -> Outcome:
    async with asyncio.timeout(60):
        return await pool.background.run(job(options), spool, cpu_seconds=20)


async def child_at_rest(pool: EnginePool, spool: Spool) -> int:
    """The child of the background, once it has done a job."""
    await quietly(pool, spool)
    assert pool.background.child_pid is not None
    return pool.background.child_pid


@contextmanager
def held_up(pool: EnginePool) -> Iterator[None]:
    """As if every child of the pool were at work."""
    pool.background.give_way(True)
    try:
        yield
    finally:
        pool.background.give_way(False)


@asynccontextmanager
async def begun(
    pool: EnginePool, spool: Spool, options: str = "quality=high,format=avif"
) -> AsyncIterator[tuple["asyncio.Task[Outcome]", int]]:
    """Work that its child is busy with, and that child; what is left of it ends with the block."""
    engine = pool.background
    before = {pid: cpu_seconds(pid) for pid in [engine.child_pid] if pid is not None}

    def is_at_work() -> bool:
        pid = engine.child_pid
        return pid is not None and cpu_seconds(pid) > before.get(pid, 0.0) + 0.05

    quiet = asyncio.create_task(engine.run(job(options), spool, cpu_seconds=60))
    try:
        await until(is_at_work)
        assert engine.child_pid is not None
        yield quiet, engine.child_pid
    finally:
        quiet.cancel()
        await asyncio.gather(quiet, return_exceptions=True)


async def test_the_same_result_comes_from_the_background(pool: EnginePool, small: Spool) -> None:
    live = await pool.run(job("320"), small, deadline=time.monotonic() + 60)
    quiet = await quietly(pool, small, "320")

    assert isinstance(live, Optimized)
    assert isinstance(quiet, Optimized)
    assert quiet.data == live.data
    assert pool.background.child_pid not in pool.child_pids


async def test_the_engines_errors_come_through_and_the_child_goes_on(
    pool: EnginePool, small: Spool, tmp_path: Path
) -> None:
    before = await child_at_rest(pool, small)
    with spooled(tmp_path, b"<html>") as bad, pytest.raises(NotAnImage):
        await quietly(pool, bad)
    await quietly(pool, small)

    assert pool.background.child_pid == before


async def test_it_stands_still_while_every_child_of_the_pool_is_at_work(
    pool: EnginePool, small: Spool, large: Spool
) -> None:
    async with begun(pool, large) as (_, pid):
        live = asyncio.create_task(
            pool.run(job("full,format=avif"), small, deadline=time.monotonic() + 60)
        )
        await until(lambda: state(pid) == "T")
        await live
        await until(lambda: state(pid) != "T")


async def test_work_waits_until_the_pool_has_a_child_at_rest(
    pool: EnginePool, small: Spool
) -> None:
    with held_up(pool):
        quiet = asyncio.create_task(quietly(pool, small))
        await asyncio.sleep(0.2)
        is_early = quiet.done()

    assert isinstance(await quiet, Optimized)
    assert not is_early


async def test_time_held_up_does_not_count_against_the_limit(
    pool: EnginePool, small: Spool
) -> None:
    await child_at_rest(pool, small)
    quiet = asyncio.create_task(pool.background.run(job("full"), small, cpu_seconds=1))
    await asyncio.sleep(0)
    with held_up(pool):
        await asyncio.sleep(1.5)
        is_early = quiet.done()

    assert isinstance(await quiet, Optimized)
    assert not is_early


async def test_at_its_limit_the_child_is_dead_and_the_best_result_is_told(
    pool: EnginePool, small: Spool, large: Spool
) -> None:
    ended = []
    # How soon there is a first result depends on the machine; the last comes three times later.
    for limit_seconds in (0.3, 0.6, 1.2, 2.4, 4.8, 9.6):
        ended.append(await child_at_rest(pool, small))
        with pytest.raises(DeadlineReached) as reached:
            await pool.background.run(
                job("quality=high,format=avif"), large, cpu_seconds=limit_seconds
            )
        if reached.value.best is not None:
            break

    await until(lambda: not any(map(is_running, ended)))
    assert reached.value.best is not None
    assert reached.value.best.is_provisional


async def test_a_child_that_dies_fails_its_job_and_not_the_next(
    pool: EnginePool, small: Spool, large: Spool
) -> None:
    async with begun(pool, large) as (quiet, pid):
        os.kill(pid, 9)
        with pytest.raises(EngineCrashed):
            await quiet
        assert isinstance(await quietly(pool, small), Optimized)


async def test_memory_that_a_request_waits_for_is_given_back_at_once(
    pool: EnginePool, large: Spool
) -> None:
    budget = pool.background._budget
    async with begun(pool, large, "full,format=png") as (quiet, _):
        await until(lambda: budget.used_bytes > 0)
        async with budget.granted(budget.max_request_bytes):
            with pytest.raises(GaveWay):
                await quiet
    assert budget.used_bytes == 0


async def test_memory_that_requests_hold_is_not_waited_for(pool: EnginePool, large: Spool) -> None:
    budget = pool.background._budget
    async with budget.granted(budget.max_request_bytes):
        with pytest.raises(GaveWay):
            await quietly(pool, large, "full,format=png")


async def test_after_a_rest_the_child_goes_back_to_the_system(
    pool: EnginePool, small: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "REST_SECONDS", 0.05)
    pid = await child_at_rest(pool, small)
    await until(lambda: not is_running(pid))
    assert pool.background.child_pid is None

    assert isinstance(await quietly(pool, small), Optimized)


async def test_cancelled_work_ends_its_child(pool: EnginePool, large: Spool) -> None:
    async with begun(pool, large) as (quiet, pid):
        quiet.cancel()
        await until(lambda: not is_running(pid))

    assert pool.living_children == 1
