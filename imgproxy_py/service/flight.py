"""One fetch that several requests share: what is wanted, and what came of it."""

import asyncio
from dataclasses import dataclass

from imgproxy_py.service.cache_use import MISS, CacheUse
from imgproxy_py.service.keeping import Keeping
from imgproxy_py.sources.errors import SourceError
from imgproxy_py.sources.fetched import Fetched
from imgproxy_py.sources.patterns import SourcePattern
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.records import SourceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What makes two fetches the same.

    `hops` is among it, since a loop through this server must not wait for itself. `is_anew`: what
    is known of the source is of no use, for its bytes are gone. `alone` tells fetches apart that
    must not be shared, because what comes may not be stored. `since` is when the source was purged
    last, in Unix seconds: what was begun before that is not what is wanted now.
    """

    url: str
    hops: int = 0
    allowed_sources: tuple[SourcePattern, ...] = ()
    is_anew: bool = False
    alone: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was known of a source holds, or has to do: nothing of its bytes came now."""

    record: SourceRecord
    cache: CacheUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """The bytes of a source, on their way or here.

    They are here where something was known of it before: whether they are still the same decides
    what is to be done. `asked_at` is when the origin was asked, in Unix seconds.
    """

    fetched: Fetched
    freshness: Freshness
    keeping: Keeping
    asked_at: float
    tags: tuple[str, ...] = ()
    cache: CacheUse = MISS


Found = Standing | Arriving


def _may_be_shared(found: Found) -> bool:
    of = found.record if isinstance(found, Standing) else found
    return of.freshness.may_store


class Flight:
    """One fetch, and how many wait for it or read what it brings."""

    def __init__(self) -> None:
        self.users = 0
        self.found: Found | None = None
        self.failure: Exception | None = None
        self.has_news = asyncio.Event()
        self.is_deserted = asyncio.Event()
        self._is_taken = False

    def end_in(self, outcome: Found | Exception) -> None:
        """Tell everybody; the first outcome stays."""
        if self.has_news.is_set():
            return
        if isinstance(outcome, Exception):
            self.failure = outcome
        else:
            self.found = outcome
        self.has_news.set()

    async def outcome(self) -> Found:
        """What came of it, as soon as its headers are there. Raises what went wrong."""
        await self.has_news.wait()
        if self.failure is not None:
            is_ours = isinstance(self.failure, SourceError)
            raise self.failure.again() if is_ours else self.failure  # type: ignore[attr-defined]
        assert self.found is not None
        return self.found

    def is_for_another(self) -> bool:
        """Whether one more may have the outcome: what may not be stored is for the first alone
        (RFC 9111, section 4)."""
        if self.found is not None and _may_be_shared(self.found):
            return True
        was_taken, self._is_taken = self._is_taken, True
        return not was_taken

    def may_be_joined(self, now: float) -> bool:
        """Whether one more may come to it: what has ended is not new to who asks after that."""
        match self.found:
            case None:
                return self.failure is None
            case Standing():
                return self.found.record.freshness.is_fresh(now)
            case Arriving():
                spool = self.found.fetched.spool
                return not spool.has_ended or (
                    spool.is_complete and self.found.freshness.is_fresh(now)
                )

    @property
    def has_arrived(self) -> bool:
        """Nothing more is to come: to leave it now wastes nothing."""
        if isinstance(self.found, Arriving):
            return self.found.fetched.spool.is_complete
        return self.has_news.is_set()
