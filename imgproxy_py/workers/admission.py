"""Admission by memory: how much the pictures in work may take together.

Every child may use its allowance without asking, so that ordinary pictures cost no round trip.
A picture that needs more waits for a share of the rest, first come, first served.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache

from imgproxy_py.engine.job import Limits


@lru_cache(maxsize=16)  # a server has one `Limits`, and two budgets at most
def within(limits: Limits, max_memory_bytes: int) -> Limits:
    """The limits of a job on children that give one picture no more memory than this."""
    return replace(limits, max_memory_bytes=max_memory_bytes)


class MemoryBudget:
    """`total_bytes` for all `children` together; half of it is handed out as allowances."""

    def __init__(self, *, total_bytes: int, children: int) -> None:
        self.allowance_bytes = total_bytes // (2 * children)
        self._shared_bytes = total_bytes - self.allowance_bytes * children
        self._free_bytes = self._shared_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def max_request_bytes(self) -> int:
        """The most that one picture can ever be given."""
        return self.allowance_bytes + self._shared_bytes

    @property
    def used_bytes(self) -> int:
        return self._shared_bytes - self._free_bytes

    @property
    def is_waited_for(self) -> bool:
        """Somebody waits for memory that others hold."""
        return bool(self._waiting)

    def has_free(self, needed_bytes: int) -> bool:
        """Whether `granted` would let this much in at once."""
        return not self._waiting and self._extra(needed_bytes) <= self._free_bytes

    @asynccontextmanager
    async def granted(self, needed_bytes: int) -> AsyncIterator[None]:
        """Hold what goes beyond the allowance while the body runs."""
        extra = self._extra(needed_bytes)
        await self._take(extra)
        try:
            yield
        finally:
            self._free_bytes += extra
            self._wake()

    def _extra(self, needed_bytes: int) -> int:
        return min(max(0, needed_bytes - self.allowance_bytes), self._shared_bytes)

    async def _take(self, extra: int) -> None:
        if not self._waiting and extra <= self._free_bytes:
            self._free_bytes -= extra
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (extra, turn)
        self._waiting.append(entry)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free_bytes += extra
            else:
                self._waiting.remove(entry)
            self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free_bytes:
            extra, turn = self._waiting.popleft()
            self._free_bytes -= extra
            turn.set_result(None)
