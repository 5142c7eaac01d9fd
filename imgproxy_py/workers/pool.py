"""The pool: a fixed number of children, a bounded queue in front of them, a deadline on each job.

A job that reaches its deadline loses its child: encoders cannot be stopped from inside. The best
result that the child had sent by then is the answer.
"""

import asyncio
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Meta, Optimized, Verified
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.admission import MemoryBudget, within
from imgproxy_py.workers.background import BackgroundEngine
from imgproxy_py.workers.children import Children
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed, Overloaded
from imgproxy_py.workers.forked import Child, ChildDied
from imgproxy_py.workers.forking import ChildSettings
from imgproxy_py.workers.nursery import Nursery
from imgproxy_py.workers.source_file import ended_within
from imgproxy_py.workers.work import Outcome, Work

# A source that comes faster than this is handed over whole: cheaper for both sides.
_GRACE_SECONDS = 0.02
# An unwanted job (its client left) may finish within this time; killing it costs a child's warmth.
_ABANDONED_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """`children` processes share `memory_bytes`; at most `max_waiting` jobs wait for one.

    `has_background`: one more may work on what nobody waits for. `cache_directory` is where
    compiled code is kept when it cannot lie beside the source.
    """

    children: int = 2
    max_waiting: int = 256
    memory_bytes: int = 2 << 30
    has_background: bool = False
    cache_directory: Path | None = None


class EnginePool:
    """Runs jobs on children. Belongs to one event loop; `start` before the first `run`."""

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._budget = MemoryBudget(
            total_bytes=settings.memory_bytes,
            children=settings.children + settings.has_background,
        )
        self._nursery = Nursery(settings.cache_directory)
        self.background = BackgroundEngine(self._nursery, self._budget)
        self._children = Children(
            settings.children,
            ChildSettings(
                allowance_bytes=self._budget.allowance_bytes,
                max_memory_bytes=self._budget.max_request_bytes,
            ),
            self._nursery,
            on_load=self.background.give_way,
        )
        self._waiting = 0
        self._arriving = 0
        self._mean_job_seconds = 0.1

    async def start(self) -> None:
        """Start every child; returns when all are ready."""
        await self._children.start()

    async def close(self) -> None:
        self.background.close()
        await self._children.close()
        await self._nursery.close()

    @property
    def living_children(self) -> int:
        return self._children.living

    @property
    def child_pids(self) -> list[int]:
        return self._children.pids

    @property
    def template_pid(self) -> int | None:
        """The process that children are forked from."""
        return self._nursery.template_pid

    @property
    def is_saturated(self) -> bool:
        return self._waiting >= self._settings.max_waiting

    async def run(self, job: Job, spool: Spool, *, deadline: float) -> Optimized | Meta:
        """Run one job on the source in `spool`, which may still be arriving.

        `deadline` is a moment of `time.monotonic`. Raises the engine's errors, `Overloaded`,
        `DeadlineReached` with the best result so far, and the spool's failure when it has one.
        """
        outcome = await self._run(job, spool, deadline)
        assert not isinstance(outcome, Verified)
        return outcome

    async def verify(self, job: Job, spool: Spool, *, deadline: float) -> Verified:
        """Measure a result beside its source (`Job.verify_from`); raises as `run` does."""
        outcome = await self._run(job, spool, deadline)
        assert isinstance(outcome, Verified)
        return outcome

    async def _run(self, job: Job, spool: Spool, deadline: float) -> Outcome:
        self._refuse_what_cannot_be_done(deadline)
        is_streamed = await self._wait_for_source(spool, deadline)
        try:
            child = await self._take_child(deadline)
            job = replace(
                job,
                limits=within(job.limits, self._budget.max_request_bytes),
                seconds_left=deadline - time.monotonic(),
            )
            return await self._run_on(child, job, spool, deadline)
        finally:
            self._arriving -= is_streamed

    def _refuse_what_cannot_be_done(self, deadline: float) -> None:
        rounds = (self._waiting + 1) / self._settings.children
        expected_seconds = rounds * self._mean_job_seconds if self._waiting else 0.0
        time_left = deadline - time.monotonic()
        if self.is_saturated or expected_seconds > max(time_left, 0.0):
            raise Overloaded(retry_after_seconds=max(1, math.ceil(expected_seconds)))

    async def _wait_for_source(self, spool: Spool, deadline: float) -> bool:
        """True when the job may begin while its source still arrives.

        Half of the children at most wait on slow origins, so that the others stay free for
        sources that are there; a slow source beyond that gets its child when it is complete.
        """
        if spool.is_complete or await ended_within(spool, _GRACE_SECONDS):
            if spool.failure is not None:
                raise spool.failure
            return False
        is_streamed = (
            not spool.has_ended
            and spool.bytes_written > 0
            and self._arriving < self._settings.children // 2
        )
        time_left = deadline - time.monotonic()
        if not is_streamed and not await ended_within(spool, time_left):
            raise DeadlineReached(best=None)
        if spool.failure is not None:
            raise spool.failure
        self._arriving += is_streamed
        return is_streamed

    async def _take_child(self, deadline: float) -> Child:
        self._waiting += 1
        try:
            return await self._children.take(deadline)
        except TimeoutError:
            raise DeadlineReached(best=None) from None
        finally:
            self._waiting -= 1

    async def _run_on(self, child: Child, job: Job, spool: Spool, deadline: float) -> Outcome:
        started_at = time.monotonic()
        work = Work(child, spool, self._budget)
        try:
            outcome = await self._outcome(child, work, job, deadline)
        except ChildDied:
            if work.best is not None and spool.failure is None:
                raise DeadlineReached(best=work.best) from None
            raise spool.failure or EngineCrashed() from None
        except EngineError as error:
            # A source that broke off looks like a broken picture to the child: we know better.
            raise spool.failure or error from None
        self._mean_job_seconds += 0.1 * (time.monotonic() - started_at - self._mean_job_seconds)
        return outcome

    async def _outcome(self, child: Child, work: Work, job: Job, deadline: float) -> Outcome:
        """Its last word by the deadline. The child is free again afterwards, or replaced."""
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())) as limit:
                work.begin(job)
                outcome = await work.outcome()
        except asyncio.CancelledError:
            self._children.in_background(self._let_finish(child, work))
            raise
        except BaseException as error:
            if isinstance(error, TimeoutError) and limit.expired():
                self._children.replace(child)
                await work.close()
                raise DeadlineReached(best=work.best) from None
            await self._settle(child, work, error)
            raise
        await self._settle(child, work)
        return outcome

    async def _let_finish(self, child: Child, work: Work) -> None:
        """Nobody waits for this job any more: let it end soon, or end it."""
        try:
            async with asyncio.timeout(_ABANDONED_SECONDS):
                await work.outcome()
        except Exception as error:  # noqa: BLE001 - whatever it is, the child's end is its answer
            await self._settle(child, work, error)
        else:
            await self._settle(child, work)

    async def _settle(self, child: Child, work: Work, error: BaseException | None = None) -> None:
        """A child that has said its last word on a job is free again.

        One that died, or was not understood, is replaced: whatever it would say next is still
        about this job, and would answer somebody else's.
        """
        is_free = False
        try:
            await work.close()
            is_free = error is None or isinstance(error, EngineError)
        finally:
            if is_free:
                self._children.give_back(child)
            else:
                self._children.replace(child)
