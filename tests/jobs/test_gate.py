"""The gate before the engine: few jobs in its queue, and no waiting beyond the deadline."""

import asyncio
import time
from pathlib import Path

import pytest

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.jobs.gate import EngineGate
from imgproxy_py.sources.errors import SourceTruncated
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.errors import DeadlineReached, Overloaded
from options_grammar import Options
from tests.jobs.making import spool_of

JOB = Job(
    options=Options(),
    accepts=frozenset(),
    limits=Limits(max_pixels=1, max_side_pixels=1, max_frames=1, max_memory_bytes=1),
)


class SlowEngine:
    """Stands where the pool does; counts who is in it. The first `overloads` runs are refused."""

    def __init__(self, *, overloads: int = 0, takes_seconds: float = 0.02) -> None:
        self.inside = 0
        self.most = 0
        self.seconds_left: list[float] = []
        self.overloads = overloads
        self.takes_seconds = takes_seconds

    async def run(self, job: Job, spool: Spool, *, deadline: float) -> Optimized | Meta:
        self.seconds_left.append(deadline - time.monotonic())
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await asyncio.sleep(self.takes_seconds)
        finally:
            self.inside -= 1
        if self.overloads:
            self.overloads -= 1
            raise Overloaded(retry_after_seconds=1)
        raise DeadlineReached(best=None)  # what comes of it is not the gate's business


async def through(gate: EngineGate, spool: Spool, seconds: float = 30) -> None:
    with pytest.raises(DeadlineReached):
        await gate.run(JOB, spool, deadline=time.monotonic() + seconds)


async def test_no_more_jobs_than_its_width_stand_in_the_engine_s_queue(tmp_path: Path) -> None:
    engine = SlowEngine()
    gate = EngineGate(engine, width=3)
    with spool_of(tmp_path, b"picture") as spool:
        await asyncio.gather(*(through(gate, spool) for _ in range(12)))

    assert (engine.most, len(engine.seconds_left)) == (3, 12)


async def test_a_source_that_still_arrives_takes_no_place(tmp_path: Path) -> None:
    engine = SlowEngine()
    gate = EngineGate(engine, width=1)
    with (
        Spool(tmp_path, max_source_bytes=100, expected_bytes=100) as arriving,
        spool_of(tmp_path, b"picture") as there,
    ):
        waiting = asyncio.create_task(through(gate, arriving))
        await asyncio.sleep(0.01)
        await through(gate, there)
        arriving.finish()
        await waiting

    assert len(engine.seconds_left) == 2


async def test_a_source_that_broke_off_says_why(tmp_path: Path) -> None:
    engine = SlowEngine()
    with Spool(tmp_path, max_source_bytes=100, expected_bytes=100) as spool:
        spool.fail(SourceTruncated("the answer ended too soon"))
        with pytest.raises(SourceTruncated):
            await EngineGate(engine, width=1).run(JOB, spool, deadline=time.monotonic() + 5)

    assert engine.seconds_left == []


async def test_a_source_that_never_comes_is_not_waited_for_beyond_the_deadline(
    tmp_path: Path,
) -> None:
    engine = SlowEngine()
    gate = EngineGate(engine, width=1)
    with Spool(tmp_path, max_source_bytes=100, expected_bytes=100) as never:
        async with asyncio.timeout(20):
            await through(gate, never, 0.05)

    assert engine.seconds_left == []


async def test_waiting_for_other_jobs_takes_nothing_from_a_job_s_own_time(tmp_path: Path) -> None:
    engine = SlowEngine(takes_seconds=0.2)
    gate = EngineGate(engine, width=1)
    with spool_of(tmp_path, b"picture") as spool:
        await asyncio.gather(*(through(gate, spool, 2) for _ in range(10)))

    # The last one waited for 1.8 seconds. What is missing here is a busy machine's.
    assert len(engine.seconds_left) == 10
    assert min(engine.seconds_left) > 1


async def test_an_overloaded_engine_is_asked_again(tmp_path: Path) -> None:
    engine = SlowEngine(overloads=1)
    with spool_of(tmp_path, b"picture") as spool:
        await through(EngineGate(engine, width=1), spool)

    assert len(engine.seconds_left) == 2


async def test_an_engine_that_stays_overloaded_says_so_at_the_deadline(tmp_path: Path) -> None:
    engine = SlowEngine(overloads=99)
    with spool_of(tmp_path, b"picture") as spool, pytest.raises(Overloaded):
        await EngineGate(engine, width=1).run(JOB, spool, deadline=time.monotonic() + 1.5)

    # Twice, or once where the machine was busy for the half second that is left over.
    assert engine.seconds_left
    assert engine.overloads > 90
