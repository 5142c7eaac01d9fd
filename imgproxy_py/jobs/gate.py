"""The engine as jobs see it: few of them stand in its queue, so that requests do not wait.

The engine's queue is first come, first served. A job enters it only when its source is there and
when no more than a few other jobs are in it. What it waits here is not counted against its time:
it waits for other jobs, and each of those has a deadline.
"""

import asyncio
import time

from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.service.making import Engine
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.errors import DeadlineReached, Overloaded


class EngineGate:
    """Lets `width` jobs at a time into `engine`. Belongs to one event loop."""

    def __init__(self, engine: Engine, *, width: int) -> None:
        self._engine = engine
        self._places = asyncio.Semaphore(width)

    async def run(self, job: Job, spool: Spool, *, deadline: float) -> Optimized | Meta:
        """As the engine's own; while requests overload it, a job waits until its deadline."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await spool.wait_ended()
        except TimeoutError:
            raise DeadlineReached(best=None) from None
        came_at = time.monotonic()
        async with self._places:
            deadline += time.monotonic() - came_at
            return await self._run(job, spool, deadline)

    async def _run(self, job: Job, spool: Spool, deadline: float) -> Optimized | Meta:
        while True:
            try:
                return await self._engine.run(job, spool, deadline=deadline)
            except Overloaded as error:
                if time.monotonic() + error.retry_after_seconds >= deadline:
                    raise
                await asyncio.sleep(error.retry_after_seconds)
