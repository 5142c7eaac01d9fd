"""The engine in idle time, in the place of the one that works for requests."""

from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Meta, Optimized, Verified
from imgproxy_py.service.refine import MAX_CPU_SECONDS, BackgroundEngine
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.background import GaveWay
from imgproxy_py.workers.errors import Overloaded


class IdleEngine:
    """One job at a time, while no request needs the processor."""

    def __init__(self, engine: BackgroundEngine) -> None:
        self._engine = engine

    async def run(self, job: Job, spool: Spool, *, deadline: float) -> Optimized | Meta:
        """The source must be complete. Whoever waits keeps the `deadline`, by cancelling.

        Raises Overloaded when requests needed the memory.
        """
        try:
            made = await self._engine.run(job, spool, cpu_seconds=MAX_CPU_SECONDS)
        except GaveWay as error:
            raise Overloaded(retry_after_seconds=1) from error
        assert not isinstance(made, Verified)
        return made
