"""An open source, whichever way it came: its bytes, and what its origin said of their freshness."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from imgproxy_py.errors import ImgproxyError
from imgproxy_py.service.cache_use import MISS, CacheUse
from imgproxy_py.service.keeping import Keeping
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.freshness import Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open source. `name` is what the result's file name is made from, `deadline` a moment of
    `time.monotonic` until which its bytes are waited for.

    `may_store`: an upload's result is kept for the same upload (its URL is a capability), a
    fetched one's as its origin allows. `cache` is what our cache did for a result made of it.
    `may_be_known`: it is complete and there may be a result of it, so looking comes first.
    `keeping` brings it into the store, where it is not there already. `asked_at` is when its
    origin last said that this is its content, in Unix seconds.
    """

    spool: Spool
    freshness: Freshness
    may_store: bool
    deadline: float
    name: str | None = None
    cache: CacheUse = MISS
    may_be_known: bool = False
    tags: tuple[str, ...] = ()
    keeping: Keeping | None = None
    asked_at: float = field(default_factory=time.time)

    async def arrived(self) -> None:
        """Return when the last byte is there, or raise what went wrong."""
        if self.spool.is_complete:
            return
        try:
            async with asyncio.timeout(max(0.0, self.deadline - time.monotonic())):
                await self.spool.wait_ended()
        except TimeoutError as error:
            told = "the origin did not send the whole source image in time"
            raise OriginTimeout(told) from error

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Errors of the block are the source's: no cache keeps them for longer than the source."""
        try:
            yield
        except ImgproxyError as error:
            error.kept_until = self.freshness.fresh_until if self.freshness.may_store else 0.0
            raise

    def fetch_ms(self, started_at: float) -> float:
        """Wall milliseconds from `started_at` (`time.perf_counter`) to the last byte."""
        return max(0.0, (self.spool.ended_at or started_at) - started_at) * 1000
