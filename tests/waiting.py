"""Waiting for what comes in its own time: as long as a busy machine may need, and no longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(is_true: Callable[[], bool], seconds: float = 20) -> None:
    """Return as soon as it is true, while the event loop goes on; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.01)


async def until_told(
    ask: Callable[[], Awaitable[object]], expected: object, seconds: float = 20
) -> None:
    """Return as soon as `ask` tells what is expected; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while await ask() != expected:
            await asyncio.sleep(0.01)


def eventually(is_true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it becomes true within `seconds`, asked again and again from this thread."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if is_true():
            return True
        time.sleep(0.02)
    return False
