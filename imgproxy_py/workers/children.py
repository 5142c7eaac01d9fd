"""The children: a fixed number of engine processes, each at rest or at work, replaced when dead."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine

from imgproxy_py.workers.forked import Child, ChildDied
from imgproxy_py.workers.forking import ChildSettings
from imgproxy_py.workers.nursery import Nursery

log = logging.getLogger(__name__)

_RESTART_PAUSE_SECONDS = 0.2
_WATCH_SECONDS = 1.0


class Children:
    """Belongs to one event loop; `start` before the first `take`.

    `on_load` hears, whenever that may have changed, whether all of them are at work.
    """

    def __init__(
        self,
        count: int,
        settings: ChildSettings,
        nursery: Nursery,
        on_load: Callable[[bool], None] = lambda _is_full: None,
    ) -> None:
        self.count = count
        self._settings = settings
        self._nursery = nursery
        self._on_load = on_load
        self._all: set[Child] = set()
        self._resting: list[Child] = []
        # One permit for each child in `_resting`.
        self._permits = asyncio.Semaphore(0)
        self._background: set[asyncio.Task[None]] = set()
        self._is_closing = False

    async def start(self) -> None:
        """Start them all; returns when all are ready."""
        await asyncio.gather(*(self._add() for _ in range(self.count)))
        self.in_background(self._watch())

    async def close(self) -> None:
        self._is_closing = True
        for child in list(self._all):
            child.kill()
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    @property
    def living(self) -> int:
        return sum(child.is_alive for child in self._all)

    @property
    def pids(self) -> list[int]:
        return [child.pid for child in self._all]

    async def take(self, deadline: float) -> Child:
        """A living child at rest; whoever takes it gives it back or has it replaced.

        TimeoutError when there is none by the moment `deadline` (`time.monotonic`).
        """
        while True:
            if self._permits.locked():
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._permits.acquire()
            else:  # there is nothing to wait for, so no timer is needed
                await self._permits.acquire()
            if not self._resting:
                continue  # `_watch` took the one this permit stood for
            child = self._resting.pop()
            self._on_load(not self._resting)
            if child.is_alive:
                return child
            self.replace(child)

    def give_back(self, child: Child) -> None:
        self._resting.append(child)
        self._permits.release()
        self._on_load(False)

    def replace(self, child: Child) -> None:
        """End this one now and start another in the background."""
        self._all.discard(child)
        child.kill()
        if not self._is_closing:
            self.in_background(self._add_however_long_it_takes())

    def in_background(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run something that ends, at the latest, when the children are closed."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _add(self) -> None:
        child = await self._nursery.child(self._settings)
        self._all.add(child)
        self.give_back(child)

    async def _add_however_long_it_takes(self) -> None:
        while not self._is_closing:
            try:
                return await self._add()
            except (ChildDied, OSError):
                log.exception("an engine process did not start; trying again")
                await asyncio.sleep(_RESTART_PAUSE_SECONDS)

    async def _watch(self) -> None:
        """Replace children that died at rest, so that readiness comes back without a request."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for child in [child for child in self._resting if not child.is_alive]:
                self._resting.remove(child)
                # The permit that stood for it, unless somebody who waited has just got it.
                if not self._permits.locked():
                    await self._permits.acquire()
                self.replace(child)
