"""Opens the source of a request, whichever way it comes: fetched, uploaded, or from inside.

Every way ends in the same value: bytes in a spool, perhaps still arriving, and what the origin
said of their freshness.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from imgproxy_py.service.inside import Found, Inside
from imgproxy_py.service.request import Request
from imgproxy_py.sources.fetched import Fetched
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.freshness import Freshness, judge
from imgproxy_py.store.key import without_user_info
from imgproxy_py.store.records import SourceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open source. `name` is what the result's file name is made from.

    `may_store`: an upload's result is kept for the same upload (its URL is a capability), a
    fetched one's as its origin allows.
    """

    spool: Spool
    freshness: Freshness
    may_store: bool
    name: str | None = None
    fetched: Fetched | None = None
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def arrived(self) -> None:
        """Return when the last byte is there, or raise what went wrong."""
        await self.spool.wait_ended()

    def fetch_ms(self, started_at: float) -> float:
        """Wall milliseconds from `started_at` (`time.perf_counter`) to the last byte."""
        return max(0.0, (self.spool.ended_at or started_at) - started_at) * 1000

    def record(self) -> SourceRecord:
        """What to remember of this source; only once it has arrived."""
        headers: Mapping[str, str] = {} if self.fetched is None else self.fetched.headers
        return SourceRecord(
            url=without_user_info(self.name or ""),
            sha256=self.spool.sha256,
            bytes=self.spool.bytes_written,
            media_type=headers.get("Content-Type", ""),
            freshness=self.freshness,
            fetched_at=self.fetched_at,
            etag=headers.get("ETag"),
            last_modified=headers.get("Last-Modified"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOpener:
    """`default_ttl_seconds` is the freshness of what its origin says nothing about."""

    fetcher: Fetcher
    inside: Inside
    spool_directory: Path
    default_ttl_seconds: int
    max_ttl_seconds: int

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Source]:
        """The source of `request`. An upload stays open: it belongs to the request."""
        if request.upload is not None:
            yield self._uploaded(request, request.upload)
        elif request.source_url is not None and self.inside.holds(request.source_url):
            found = await self.inside.open(request.source_url, request)
            with found.spool:
                yield self._made_here(request, found)
        else:
            async with self._fetched(request) as source:
                yield source

    def _uploaded(self, request: Request, spool: Spool) -> Source:
        # What one user sent is for that user: shared caches keep out of it.
        private = {"cache-control": "private, max-age=3600"}
        freshness = self._judge(private, time.time())
        return Source(spool=spool, freshness=freshness, may_store=True, name=request.upload_name)

    def _made_here(self, request: Request, found: Found) -> Source:
        freshness = found.freshness or self._judge({}, time.time())
        return Source(
            spool=found.spool,
            freshness=freshness,
            may_store=freshness.may_store,
            name=request.source_url,
        )

    @asynccontextmanager
    async def _fetched(self, request: Request) -> AsyncIterator[Source]:
        assert request.source_url is not None
        requested_at = time.time()
        fetched = await self.fetcher.fetch(
            request.source_url,
            spool_directory=self.spool_directory,
            deadline=request.deadline,
            hops_seen=request.hops,
        )
        async with fetched:
            headers = {
                name.lower(): ", ".join(fetched.headers.getall(name)) for name in fetched.headers
            }
            freshness = self._judge(
                headers,
                requested_at,
                was_authorized=without_user_info(request.source_url) != request.source_url,
            )
            yield Source(
                spool=fetched.spool,
                freshness=freshness,
                may_store=freshness.may_store,
                name=request.source_url,
                fetched=fetched,
            )

    def _judge(
        self, headers: Mapping[str, str], requested_at: float, *, was_authorized: bool = False
    ) -> Freshness:
        return judge(
            headers,
            requested_at=requested_at,
            responded_at=time.time(),
            default_ttl_seconds=self.default_ttl_seconds,
            was_authorized=was_authorized,
            max_ttl_seconds=self.max_ttl_seconds,
        )
