"""Writing to the database a little later, and many things at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)


class WriteBehind:
    """Runs `write` some seconds after the first `arm`, alone; a failure is tried again.

    `write` takes what has gathered until then and puts it back when it fails.
    """

    def __init__(self, write: Callable[[], Awaitable[None]], *, seconds: float) -> None:
        self._write = write
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def arm(self) -> None:
        """There is something to write. Costs nothing while a moment for it is set."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._begin)

    async def now(self) -> None:
        """Write at once, after a writing that is under way; raises what `write` raises."""
        async with self._turn:
            await self._write()

    async def close(self) -> None:
        """Write what is left. What cannot be written even now is told in the log."""
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None:
            await self._writing
        try:
            await self.now()
        except Exception:
            logger.exception("the last counts before the end could not be written")
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self._write_or_wait())

    async def _write_or_wait(self) -> None:
        try:
            await self.now()
        except Exception:
            logger.exception("counts could not be written; they are kept and tried again")
            self.arm()
