"""How long trouble with a server has lasted, and how long to wait before the next attempt."""

import asyncio
import time
from collections.abc import Callable

from imgproxy_py.cli.push.errors import Unreachable

# A restart or a broken line is over by then.
PATIENCE_SECONDS = 300.0
# As long as the server has never answered.
FIRST_PATIENCE_SECONDS = 30.0
# Servers say when to come back; a rate limit's window is a minute.
MAX_PAUSE_SECONDS = 60.0
# Trouble that came after this much without any is new trouble.
_FORGOTTEN_SECONDS = 60.0


class Trouble:
    """Of one request; whoever asks tells what went wrong and is let wait. Raises Unreachable."""

    def __init__(self, *, patience_seconds: float, on_wait: Callable[[str], None]) -> None:
        self._patience_seconds = patience_seconds
        self._on_wait = on_wait
        self._began_at = self._last_at = -_FORGOTTEN_SECONDS
        self._attempts = 0

    async def busy(self, why: str, pause_seconds: float) -> None:
        await self._wait(why, min(pause_seconds, MAX_PAUSE_SECONDS))

    async def unreached(self, why: str) -> None:
        """0.5, 1, 2, 4 … seconds."""
        await self._wait(why, min(0.5 * 2**self._attempts, 15.0))

    async def _wait(self, why: str, seconds: float) -> None:
        now = time.monotonic()
        if now - self._last_at > _FORGOTTEN_SECONDS:
            self._began_at, self._attempts = now, 0
        self._attempts += 1
        self._last_at = now + seconds
        if self._last_at - self._began_at > self._patience_seconds:
            raise Unreachable(
                f"the server could not be had for {now - self._began_at:.0f} s: {why}; "
                "run the same command again to go on from here"
            )
        self._on_wait(why)
        await asyncio.sleep(seconds)
