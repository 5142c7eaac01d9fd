"""One computation per key at a time: who comes later waits for its outcome.

Within a process the first requester computes, in its own task and under its own deadline. When it
is cancelled, or its time runs out, or it ends in any other way without an outcome, one of the
waiting takes its place; any other failure is an outcome and reaches all of them.

Of several processes the one that gets the lease computes. The first requester of another one waits
for that lease, for everybody in its process, and then looks for what was stored meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from imgproxy_py.store.leases import Leases, wait_for

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


def waiting_until(moment: float | None) -> asyncio.Timeout:
    """A limit for the block: TimeoutError at `moment` (`time.monotonic`), None for never."""
    return asyncio.timeout(None if moment is None else max(0.0, moment - time.monotonic()))


class Collapse(Generic[T]):
    """Computations in progress, by key.

    With `leases` other processes count too. `name` then keeps the keys of one kind of computation
    apart from those of another, which may wait for it.
    """

    def __init__(self, leases: Leases | None = None, *, name: str = "") -> None:
        self._leases = leases
        self._name = name
        self._running: dict[Hashable, asyncio.Future[_Ended[T]]] = {}

    def __len__(self) -> int:
        return len(self._running)

    async def run(
        self,
        key: Hashable,
        compute: Callable[[], Awaitable[T]],
        *,
        look: Callable[[], Awaitable[T | None]] | None = None,
        waits_until: float | None = None,
    ) -> Outcome[T]:
        """The outcome of `compute`, or of the same key's computation that is running already.

        `look` finds what another process may have stored; without it no other process counts.
        `repr` of a key must then be the same text in all of them: take texts, numbers and tuples.
        Others are waited for until the moment `waits_until` (`time.monotonic`), then TimeoutError
        is raised; how long `compute` takes is its own affair.
        """
        while (running := self._running.get(key)) is not None:
            async with waiting_until(waits_until):
                # The future is shared: a waiter that is cancelled must not cancel it.
                ended = await asyncio.shield(running)
            if ended.failure is not None:
                raise ended.failure
            if not ended.was_abandoned:
                return Outcome(value=ended.value, is_collapsed=True)  # type: ignore[arg-type]
        if self._leases is None or look is None:
            return await self._lead(key, lambda: _computed(compute))
        lease_key = f"{self._name} {key!r}"
        led = partial(_led, self._leases, lease_key, compute, look, waits_until)
        return await self._lead(key, led)

    async def _lead(
        self, key: Hashable, compute: Callable[[], Awaitable[Outcome[T]]]
    ) -> Outcome[T]:
        future: asyncio.Future[_Ended[T]] = asyncio.get_running_loop().create_future()
        self._running[key] = future
        ended: _Ended[T] = _Ended(was_abandoned=True)
        try:
            outcome = await compute()
            ended = _Ended(value=outcome.value)
            return outcome
        except TimeoutError:  # this one's time alone is over
            raise
        except Exception as error:
            ended = _Ended(failure=error)
            raise
        finally:
            # First out of the table, then the news: who wakes up and must lead finds the place
            # free, and the first of them takes it before the next one runs.
            del self._running[key]
            if not future.done():
                future.set_result(ended)


async def _computed(compute: Callable[[], Awaitable[T]]) -> Outcome[T]:
    return Outcome(value=await compute(), is_collapsed=False)


async def _led(
    leases: Leases,
    lease_key: str,
    compute: Callable[[], Awaitable[T]],
    look: Callable[[], Awaitable[T | None]],
    waits_until: float | None,
) -> Outcome[T]:
    """Look once the lease is held, also when nobody had it: between the requester's own look and
    now another process may have come to its end."""
    lease = await leases.take(lease_key)
    if lease is None:
        async with waiting_until(waits_until):
            lease = await wait_for(leases, lease_key)
    try:
        found = await look()
        if found is not None:
            return Outcome(value=found, is_collapsed=True)
        return await _computed(compute)
    finally:
        await lease.release()
