"""Group commit: jobs that end within a few milliseconds of one another share a transaction."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from imgproxy_py.jobs.ending import Ending
from imgproxy_py.jobs.leases import Leases

log = logging.getLogger(__name__)

# A transaction costs two milliseconds of processor time, whether for one job or for thirty; so
# long does the first wait at most for those that are still worked on. News of a batch is not told
# oftener either, but at its end (batch_watch.py).
GATHER_SECONDS = 1.0
PAUSE_SECONDS = 1.0


class Finisher:
    """Belongs to one event loop. `expects_more` says whether waiting for company is worth it."""

    def __init__(
        self,
        leases: Leases,
        *,
        expects_more: Callable[[], bool] = lambda: True,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._leases = leases
        self._expects_more = expects_more
        self._gather_seconds = gather_seconds
        self._waiting: list[tuple[Ending, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_last = asyncio.Event()

    async def finish(self, ending: Ending) -> bool:
        """Return when it is written: True, or False when the job was not ours any more."""
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((ending, written))
        if not self._expects_more():
            self._is_last.set()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await written

    async def close(self, *, grace_seconds: float) -> None:
        """Write what is left, if the database takes it in time."""
        writing = self._writing
        if writing is not None:
            await asyncio.wait({writing}, timeout=grace_seconds)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                group, self._waiting = self._waiting, []
                await self._write(group)
        finally:
            self._writing = None

    async def _gather(self) -> None:
        """For a while, or until the last of those that are worked on has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gather_seconds):
                await self._is_last.wait()
        self._is_last.clear()
        await asyncio.sleep(0)

    async def _write(self, group: list[tuple[Ending, asyncio.Future[bool]]]) -> None:
        try:
            held = await self._leases.finish([ending for ending, _ in group])
        except Exception:
            # The work is done: it would be a pity to do it again when the database is back.
            log.exception("the ends of jobs could not be written; they are tried again")
            self._waiting = group + self._waiting
            await asyncio.sleep(PAUSE_SECONDS)
            return
        for ending, written in group:
            if not written.done():
                written.set_result(ending.job.id in held)
