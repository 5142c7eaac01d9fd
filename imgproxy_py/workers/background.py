"""Work that nobody waits for: one child beside those of the pool, on time that nobody else wants.

The system runs it only when a processor would stand idle. While all of the pool's children are at
work it is stopped altogether, because a container's limit counts idle-time work like any other.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.job import Job
from imgproxy_py.workers.admission import MemoryBudget, within
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed
from imgproxy_py.workers.forked import Child, ChildDied
from imgproxy_py.workers.forking import ChildSettings
from imgproxy_py.workers.nursery import Nursery
from imgproxy_py.workers.source_file import SourceFile
from imgproxy_py.workers.work import Outcome, Work

# After this long without work the child's memory goes back to the system.
REST_SECONDS = 30.0
# A job that got too little processor time to end within this is given up.
# An encoder that was stopped and continued has been seen to wait for itself for ever.
_STUCK_SECONDS = 60.0
_MAX_WALL_SECONDS = 900.0
# How soon it is noticed that time has run out, or that a request waits for memory held here.
_TICK_SECONDS = 0.2


class GaveWay(Exception):
    """Requests needed what the job would have taken."""


@dataclass(frozen=True, slots=True)
class _LeftOver:
    """Memory that no request wants at this moment; there is no waiting for it."""

    budget: MemoryBudget

    @asynccontextmanager
    async def granted(self, needed_bytes: int) -> AsyncIterator[None]:
        if not self.budget.has_free(needed_bytes):
            raise GaveWay
        async with self.budget.granted(needed_bytes):
            yield


class BackgroundEngine:
    """Belongs to one event loop, and takes one job at a time."""

    def __init__(self, nursery: Nursery, budget: MemoryBudget) -> None:
        self._nursery = nursery
        self._budget = budget
        self._settings = ChildSettings(
            allowance_bytes=budget.allowance_bytes,
            max_memory_bytes=budget.max_request_bytes,
            is_background=True,
        )
        self._turn = asyncio.Lock()
        self._child: Child | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._may_work = asyncio.Event()
        self._may_work.set()

    @property
    def child_pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def give_way(self, is_needed: bool) -> None:
        """The pool says whether all of its children are at work."""
        if is_needed == (not self._may_work.is_set()):
            return
        if is_needed:
            self._may_work.clear()
        else:
            self._may_work.set()
        if self._child is not None:
            self._child.hold_up() if is_needed else self._child.go_on()

    async def run(self, job: Job, source: SourceFile, *, cpu_seconds: float) -> Outcome:
        """Run one job on a complete source for `cpu_seconds` of processor time at most.

        Raises the engine's errors, `DeadlineReached` with the best result so far, `EngineCrashed`,
        and `GaveWay` when requests needed its memory. Cancelling it ends the child.
        """
        limits = within(job.limits, self._budget.max_request_bytes)
        async with self._turn:
            await self._may_work.wait()
            try:
                child = await self._taken()
                work = Work(child, source, _LeftOver(self._budget))
                return await self._finished(child, work, replace(job, limits=limits), cpu_seconds)
            except EngineError:
                raise
            except ChildDied as error:
                self._end_child()
                raise EngineCrashed from error
            except BaseException:
                self._end_child()
                raise
            finally:
                self._rest()

    def close(self) -> None:
        self._end_child()

    async def _finished(self, child: Child, work: Work, job: Job, cpu_seconds: float) -> Outcome:
        ends_at_cpu = child.cpu_seconds + cpu_seconds
        ends_at = time.monotonic() + _MAX_WALL_SECONDS
        task = asyncio.get_running_loop().create_task(work.answer(job))
        moved_at, seen_cpu = time.monotonic(), child.cpu_seconds
        try:
            while not task.done():
                now, used_cpu = time.monotonic(), child.cpu_seconds
                if used_cpu > seen_cpu or not self._may_work.is_set():
                    moved_at, seen_cpu = now, used_cpu
                is_stuck = now - moved_at >= _STUCK_SECONDS
                if used_cpu >= ends_at_cpu or now >= ends_at or is_stuck:
                    raise DeadlineReached(best=work.best)
                if self._budget.is_waited_for:
                    raise GaveWay
                await asyncio.wait({task}, timeout=_TICK_SECONDS)
            return task.result()
        finally:
            task.cancel()

    async def _taken(self) -> Child:
        if self._resting is not None:
            self._resting.cancel()
        if self._child is None or not self._child.is_alive:
            self._end_child()
            self._child = await self._nursery.child(self._settings)
            if not self._may_work.is_set():
                self._child.hold_up()
        return self._child

    def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(REST_SECONDS, self._end_child)

    def _end_child(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        child, self._child = self._child, None
        if child is not None:
            child.kill()
