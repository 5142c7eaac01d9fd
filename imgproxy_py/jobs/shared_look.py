"""What many ask for at the same time is looked up once, and never before they asked.

    look ──────────▶ running: whoever comes now is too late for it
                     └─▶ the next look: for all who came meanwhile

So there are at most two looks under a key, one after the other, however many ask; and nobody is
told of a time before the own question, as `store/collapse.py` would.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedLook(Generic[T]):
    """Belongs to one event loop. `look` is asked for a key; a failure reaches all who wait."""

    def __init__(self, look: Callable[[str], Awaitable[T]]) -> None:
        self._look = look
        self._running: dict[str, asyncio.Task[T]] = {}
        self._next: dict[str, asyncio.Task[T]] = {}

    def __len__(self) -> int:
        return len(self._running) + len(self._next)

    async def at(self, key: str) -> T:
        """What stands under `key`, looked up after this call."""
        task = self._next.get(key)
        if task is None:
            task = asyncio.create_task(self._after(self._running.get(key), key))
            task.add_done_callback(_heard)
            self._next[key] = task
        # Whoever goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _after(self, running: "asyncio.Task[T] | None", key: str) -> T:
        if running is not None:
            await asyncio.wait({running})
        task = self._running[key] = self._next.pop(key)
        try:
            return await self._look(key)
        finally:
            if self._running.get(key) is task:
                del self._running[key]


def _heard(task: "asyncio.Task[T]") -> None:
    """A failure that nobody waits for any more is nobody's business."""
    if not task.cancelled():
        task.exception()
