"""Results that wait to be made anew, each with its source: bounded in number and in bytes."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator

from imgproxy_py.service.refinement import Refinement
from imgproxy_py.store.key import Key

# Sources that are kept for it: each is an open file, and small ones lie in memory.
MAX_WAITING = 64
MAX_WAITING_BYTES = 256 << 20


class RefinementQueue:
    """First come, first served; one of each key. What is too much for the bounds is given up, the
    oldest first: `on_given_up` hears of it. Whoever takes one closes it."""

    def __init__(
        self,
        *,
        on_given_up: Callable[[Refinement], None],
        max_waiting: int = MAX_WAITING,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self._on_given_up = on_given_up
        self._max_waiting = max_waiting
        self._max_waiting_bytes = max_waiting_bytes
        self._waiting: OrderedDict[str, Refinement] = OrderedDict()
        self._news = asyncio.Event()

    def __contains__(self, key: Key) -> bool:
        return key.text in self._waiting

    def __iter__(self) -> Iterator[Refinement]:
        return iter(self._waiting.values())

    def put(self, refinement: Refinement) -> None:
        self._waiting[refinement.key.text] = refinement
        while self._is_too_much():
            _, oldest = self._waiting.popitem(last=False)
            oldest.close()
            self._on_given_up(oldest)
        self._news.set()

    async def take(self) -> Refinement:
        """The oldest, as soon as there is one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popitem(last=False)[1]

    def close(self) -> None:
        """Drop everything that waits."""
        while self._waiting:
            self._waiting.popitem()[1].close()

    def _is_too_much(self) -> bool:
        held_bytes = sum(one.source.bytes_written for one in self)
        return len(self._waiting) > self._max_waiting or held_bytes > self._max_waiting_bytes
