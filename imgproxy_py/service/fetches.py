"""Fetches in progress: everybody who wants a source at the same time shares one.

A fetch belongs to nobody. It goes on for as long as somebody waits for it or reads what it brings,
whoever began it, and its limits are those of fetching, not of a request. No other process begins
one of the same source before this one has kept it, or has failed (store/leases.py).
"""

import asyncio
import itertools
import time
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import replace

from imgproxy_py.service.asking import Asking
from imgproxy_py.service.flight import Arriving, Flight, Found, Wanted
from imgproxy_py.sources.errors import OriginTimeout, SourceError
from imgproxy_py.store.key import source_key
from imgproxy_py.store.leases import Lease, Leases, NoLease, wait_for
from imgproxy_py.store.records import SourceRecord

# Larger sources are kept as soon as they are here: others may wait for them, and the hand-over to
# the disk is little beside the writing. Smaller ones are written with their first result.
KEPT_AT_ONCE_BYTES = 64 * 1024
# But no later than this: another process may wait for them.
KEPT_LATEST_SECONDS = 1.0

# How long a fetch that has not arrived goes on when its last user has left.
LINGER_SECONDS = 0.5

# For how long it is remembered that a source may not be stored: those who want it do not wait for
# each other then.
APART_SECONDS = 60.0
MAX_APART = 1000


class Fetches:
    """Belongs to one event loop. Without `leases` other processes do not count."""

    def __init__(self, asking: Asking, *, leases: Leases | None = None) -> None:
        self.asking = asking
        self._leases = leases
        self._flights: dict[Wanted, Flight] = {}
        self._tasks: dict[Flight, asyncio.Task[None]] = {}
        self._numbers = itertools.count(1)
        self._apart: dict[str, float] = {}

    async def close(self) -> None:
        """Give up what is still going on."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def is_shared(self, url: str) -> bool:
        """False for a source that lately came with words that forbid to store it."""
        return self._apart.get(url, 0.0) <= time.monotonic()

    def _set_apart(self, url: str) -> None:
        self._apart.pop(url, None)
        self._apart[url] = time.monotonic() + APART_SECONDS
        if len(self._apart) > MAX_APART:
            del self._apart[next(iter(self._apart))]

    async def found(
        self, wanted: Wanted, known: SourceRecord | None, stack: ExitStack | AsyncExitStack
    ) -> Found:
        """What there is of a source, open for as long as `stack` is. Raises a SourceError.

        `known` is its record as it was a moment ago, None where there was none.
        """
        if self.is_shared(wanted.url):
            with ExitStack() as staying:
                flight = self._joined(wanted, known, staying)
                found = await flight.outcome()
                if flight.is_for_another():
                    stack.push(staying.pop_all())
                    return found
        alone = replace(wanted, alone=next(self._numbers))
        return await self._joined(alone, known, stack).outcome()

    def _joined(
        self, wanted: Wanted, known: SourceRecord | None, stack: ExitStack | AsyncExitStack
    ) -> Flight:
        flight = self._flights.get(wanted)
        if flight is None or not flight.may_be_joined(time.time()):
            flight = self._begun(wanted, known)
        flight.users += 1
        stack.callback(self._leave, wanted, flight)
        return flight

    def _leave(self, wanted: Wanted, flight: Flight) -> None:
        flight.users -= 1
        if not flight.users:
            self._let_go(wanted, flight)

    def _begun(self, wanted: Wanted, known: SourceRecord | None) -> Flight:
        flight = self._flights[wanted] = Flight()
        task = asyncio.create_task(self._fly(wanted, flight, known))
        self._tasks[flight] = task
        task.add_done_callback(lambda _: self._tasks.pop(flight, None))
        return flight

    def _let_go(self, wanted: Wanted, flight: Flight) -> None:
        """Its last user has left; another one, who has more time, may be about to come."""
        if flight.has_arrived or wanted.alone:
            self._desert(wanted, flight)
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(LINGER_SECONDS, self._desert, wanted, flight)

    def _desert(self, wanted: Wanted, flight: Flight) -> None:
        """Nobody wants it any more: what has arrived is kept, what has not is given up."""
        if flight.users:
            return
        if self._flights.get(wanted) is flight:
            del self._flights[wanted]
        flight.is_deserted.set()
        task = self._tasks.get(flight)
        if task is not None and not flight.has_arrived:
            task.cancel()

    async def _fly(self, wanted: Wanted, flight: Flight, known: SourceRecord | None) -> None:
        try:
            async with AsyncExitStack() as stack:
                lease, has_waited = await self._lease(wanted)
                try:
                    if has_waited:
                        known = await self.asking.known(wanted)
                    found = await self.asking.found(wanted, known, stack)
                    flight.end_in(found)
                    await self._settle(wanted, found, flight)
                finally:
                    await lease.release()
                await flight.is_deserted.wait()
                await self._keep_if_whole(found)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            flight.end_in(error)
        finally:
            if not flight.has_news.is_set():
                flight.end_in(OriginTimeout("the fetch was given up"))
            if self._flights.get(wanted) is flight:
                del self._flights[wanted]

    async def _settle(self, wanted: Wanted, found: Found, flight: Flight) -> None:
        """Return when another process may look: the source has been kept, or will not be."""
        if not isinstance(found, Arriving):
            return
        if not found.freshness.may_store:
            self._set_apart(wanted.url)
            return
        spool = found.fetched.spool
        try:
            await spool.wait_ended()
        except SourceError as error:  # whoever reads the spool hears of it
            await self.asking.failures.note(wanted.url, error)
            return
        if spool.bytes_written <= KEPT_AT_ONCE_BYTES:
            if not found.freshness.is_fresh(time.time()):
                return  # nobody may use it unasked, so nobody waits for it
            with suppress(TimeoutError):
                async with asyncio.timeout(KEPT_LATEST_SECONDS):
                    await flight.is_deserted.wait()
        await found.keeping.keep()

    async def _keep_if_whole(self, found: Found) -> None:
        if not isinstance(found, Arriving) or not found.freshness.may_store:
            return
        if found.fetched.spool.is_complete:
            await found.keeping.keep()

    async def _lease(self, wanted: Wanted) -> tuple[Lease, bool]:
        """And whether another process had it until now."""
        if self._leases is None or wanted.alone:
            return NoLease(), False
        parts = (wanted.hops, wanted.allowed_sources, wanted.is_anew, wanted.since)
        key = f"fetch {source_key(wanted.url).digest} {parts!r}"
        lease = await self._leases.take(key)
        if lease is not None:
            return lease, False
        return await wait_for(self._leases, key), True
