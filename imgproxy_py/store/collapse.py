"""One computation per key at a time within this process: who comes later waits for its outcome.

The first requester computes, in its own task and under its own deadline. When it is cancelled or
ends in any other way without an outcome, one of the waiting takes its place; a failure is an
outcome and reaches all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T]):
    """`is_collapsed` means that another requester's computation gave the value (RFC 9211)."""

    value: T
    is_collapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended(Generic[T]):
    """How a leader ended: with a value, with a failure, or leaving its place to another."""

    value: T | None = None
    failure: Exception | None = None
    was_abandoned: bool = False


class Collapse(Generic[T]):
    """Computations in progress, by key."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Future[_Ended[T]]] = {}

    def __len__(self) -> int:
        return len(self._running)

    async def run(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> Outcome[T]:
        """The outcome of `compute`, or of the same key's computation that is running already."""
        while (running := self._running.get(key)) is not None:
            # The future is shared: a waiter that is cancelled must not cancel it.
            ended = await asyncio.shield(running)
            if ended.failure is not None:
                raise ended.failure
            if not ended.was_abandoned:
                return Outcome(value=ended.value, is_collapsed=True)  # type: ignore[arg-type]
        return Outcome(value=await self._lead(key, compute), is_collapsed=False)

    async def _lead(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        future: asyncio.Future[_Ended[T]] = asyncio.get_running_loop().create_future()
        self._running[key] = future
        ended: _Ended[T] = _Ended(was_abandoned=True)
        try:
            value = await compute()
            ended = _Ended(value=value)
            return value
        except Exception as error:
            ended = _Ended(failure=error)
            raise
        finally:
            # First out of the table, then the news: who wakes up and must lead finds the place
            # free, and the first of them takes it before the next one runs.
            del self._running[key]
            if not future.done():
                future.set_result(ended)
