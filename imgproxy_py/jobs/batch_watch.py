"""Who waits for news of a batch: however many they are, the database is asked once an interval.

Jobs that end in this process are heard of, and then the database is asked at once.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from imgproxy_py.jobs.batch import BatchProgress
from imgproxy_py.jobs.news import heard

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
# Of so few unfinished files any may be the last, for which somebody waits.
FEW_FILES = 16
OFTENER = 5
# Asking may take this share of the time at most: of fifty thousand files less often.
MAX_SHARE = 0.05

Ask = Callable[[str], Awaitable[BatchProgress]]


class Watching:
    """One batch as it is now, for all who watch it."""

    def __init__(self) -> None:
        self.progress: BatchProgress | None = None
        self.ended = asyncio.Event()
        self.watchers = 0
        self._news = asyncio.Event()

    async def next(self, version: str | None, *, seconds: float) -> BatchProgress | None:
        """The progress once it is another than `version`; None when it stays for `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self.progress is None or self.progress.version == version:
                    await self._news.wait()
        except TimeoutError:
            return None
        return self.progress

    def tell(self, progress: BatchProgress) -> None:
        self.progress = progress
        news, self._news = self._news, asyncio.Event()
        news.set()


class BatchWatch:
    """Belongs to one event loop. `ask` reads the progress of the batch with an id."""

    def __init__(self, ask: Ask, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._ask = ask
        self._interval_seconds = interval_seconds
        self._watched: dict[str, tuple[Watching, asyncio.Task[None]]] = {}

    def hear(self, batch_id: str) -> None:
        """A job of this batch has ended."""
        if batch_id in self._watched:
            self._watched[batch_id][0].ended.set()

    @asynccontextmanager
    async def watching(self, batch_id: str) -> AsyncIterator[Watching]:
        """The batch's news while the block runs."""
        if batch_id not in self._watched:
            watching = Watching()
            asking = asyncio.create_task(self._keep_asking(batch_id, watching))
            self._watched[batch_id] = watching, asking
        watching, asking = self._watched[batch_id]
        watching.watchers += 1
        try:
            yield watching
        finally:
            watching.watchers -= 1
            if watching.watchers == 0:
                del self._watched[batch_id]
                asking.cancel()

    async def _keep_asking(self, batch_id: str, watching: Watching) -> None:
        while True:
            began_at = time.monotonic()
            try:
                watching.tell(await self._ask(batch_id))
            except Exception:
                # Those who wait hear the next answer; until then their streams are kept alive.
                log.exception("the progress of a batch could not be read")
            took_seconds = time.monotonic() - began_at
            soonest = max(self._interval_seconds / OFTENER, took_seconds / MAX_SHARE)
            await asyncio.sleep(soonest)
            if not _is_near_end(watching):
                await heard(watching.ended, within_seconds=self._interval_seconds - soonest)


def _is_near_end(watching: Watching) -> bool:
    return watching.progress is not None and 0 < watching.progress.unfinished <= FEW_FILES
