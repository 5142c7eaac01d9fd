"""Answers of the database, remembered for a few seconds, also "there is none".

What was not found has a memory of its own: a flood of made-up names cannot push the real ones out.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

KNOWN_SECONDS = 5.0
UNKNOWN_SECONDS = 2.0
MAX_ENTRIES = 10_000

T = TypeVar("T")


class Remembered(Generic[T]):
    """`look_up` is asked once for requests that come together; `clock` gives seconds."""

    def __init__(
        self,
        look_up: Callable[[str], Awaitable[T | None]],
        *,
        known_seconds: float = KNOWN_SECONDS,
        unknown_seconds: float = UNKNOWN_SECONDS,
        max_entries: int = MAX_ENTRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._known: _Memory[T] = _Memory(known_seconds, max_entries, clock)
        self._unknown: _Memory[None] = _Memory(unknown_seconds, max_entries, clock)
        self._asking: dict[str, asyncio.Task[T | None]] = {}

    async def find(self, name: str) -> T | None:
        known = self._known.get(name)
        if known is not None or name in self._unknown:
            return known
        return await self._ask(name)

    def forget(self, name: str) -> None:
        """Ask anew next time, because this process has just changed what `name` leads to."""
        self._known.forget(name)
        self._unknown.forget(name)
        # An answer on its way was perhaps read before the change.
        self._asking.pop(name, None)

    def forget_all(self) -> None:
        self._known.clear()
        self._unknown.clear()
        self._asking.clear()

    async def _ask(self, name: str) -> T | None:
        task = self._asking.get(name)
        if task is None:
            task = asyncio.create_task(self._fill(name))
            self._asking[name] = task
        # One requester that goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _fill(self, name: str) -> T | None:
        is_current = False
        try:
            found = await self._look_up(name)
        finally:
            is_current = self._asking.get(name) is asyncio.current_task()
            if is_current:
                del self._asking[name]
        if is_current and found is not None:
            self._known.put(name, found)
        elif is_current:
            self._unknown.put(name, None)
        return found


class _Memory(Generic[T]):
    """The last `max_entries` answers, each for `seconds`."""

    def __init__(self, seconds: float, max_entries: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._max_entries = max_entries
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        entry = self._entries.get(name)
        return entry is not None and self._clock() < entry[0]

    def get(self, name: str) -> T | None:
        entry = self._entries.get(name)
        return entry[1] if entry is not None and self._clock() < entry[0] else None

    def put(self, name: str, answer: T) -> None:
        self._entries[name] = (self._clock() + self._seconds, answer)
        self._entries.move_to_end(name)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def forget(self, name: str) -> None:
        self._entries.pop(name, None)

    def clear(self) -> None:
        self._entries.clear()
