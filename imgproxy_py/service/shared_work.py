"""Work that several requesters want at the same time: one does it, and it outlives its requester.

`store/collapse.py` decides who works. Here the work gets a task of its own, so that a requester
who leaves hands it over as it is to those who go on waiting. When nobody waits any more, it ends.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from imgproxy_py.store.collapse import Collapse, Outcome, waiting_until

T = TypeVar("T")


class SharedWork(Generic[T]):
    """Belongs to one event loop."""

    def __init__(self, collapse: Collapse[T]) -> None:
        self._collapse = collapse
        self._wanted: Counter[Hashable] = Counter()
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    async def run(
        self,
        key: Hashable,
        begin: Callable[[], Coroutine[Any, Any, T]],
        *,
        look: Callable[[], Awaitable[T | None]] | None = None,
        waits_until: float | None = None,
    ) -> Outcome[T]:
        """The outcome of what `begin` begins, or somebody else has begun. `begin`, `look` and
        `waits_until` are as `Collapse.run` says; `begin` is called in the requester's own task."""
        self._wanted[key] += 1
        try:
            carried = partial(self._carried, key, begin, waits_until)
            return await self._collapse.run(key, carried, look=look, waits_until=waits_until)
        finally:
            self._wanted[key] -= 1
            if not self._wanted[key]:
                del self._wanted[key]
                task = self._tasks.pop(key, None)
                if task is not None:
                    task.cancel()

    async def _carried(
        self,
        key: Hashable,
        begin: Callable[[], Coroutine[Any, Any, T]],
        waits_until: float | None,
    ) -> T:
        # A shield that is cancelled means that this requester has left.
        task = self._tasks.get(key)
        if task is not None:
            async with waiting_until(waits_until):
                return await asyncio.shield(task)
        task = self._tasks[key] = asyncio.create_task(begin())
        task.add_done_callback(partial(self._ended, key))
        return await asyncio.shield(task)

    def _ended(self, key: Hashable, task: "asyncio.Task[T]") -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled():
            task.exception()  # those who waited have heard of it
