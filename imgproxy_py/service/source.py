"""Opens the source of a request, however it comes: fetched, kept, uploaded, or from inside."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.service.cache_use import HIT, CacheUse, Forward
from imgproxy_py.service.fetches import Fetches
from imgproxy_py.service.flight import Found, Standing, Wanted
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.request import Request
from imgproxy_py.service.visit import Visit, joined, wanted_of
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.store.records import SourceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOpener:
    """`default_ttl_seconds` is the freshness of what this server made itself."""

    fetches: Fetches
    inside: Inside
    spool_directory: Path
    default_ttl_seconds: int

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Source]:
        """The source of `request`. An upload stays open: it belongs to the request."""
        async with self.visit(request) as visit:
            yield await visit.source()

    @asynccontextmanager
    async def visit(
        self, request: Request, *, is_renewal: bool = False, is_unknown: bool = False
    ) -> AsyncIterator[Visit]:
        """The way to a source, asked for no more than is needed. `is_renewal`: what may be used
        although it is stale is asked for all the same. `is_unknown`: somebody has just looked, and
        nothing was known of it."""
        async with AsyncExitStack() as stack:
            found = None
            if request.upload is None and not self.is_inside(request):
                wanted = wanted_of(request, self.fetches)
                record = None if is_unknown else await self.fetches.asking.known(wanted)
                found = await self._found(request, stack, wanted, record, is_renewal=is_renewal)
            yield Visit(
                fetches=self.fetches,
                inside=self.inside,
                default_ttl_seconds=self.default_ttl_seconds,
                request=request,
                stack=stack,
                found=found,
            )

    def is_shared(self, request: Request) -> bool:
        """Whether the source may be shared with others who ask for it at the same time, as far as
        one can tell."""
        return request.source_url is None or self.fetches.is_shared(request.source_url)

    def is_inside(self, request: Request) -> bool:
        """Whether this server itself is the origin."""
        return request.source_url is not None and self.inside.holds(request.source_url)

    async def _found(
        self,
        request: Request,
        stack: AsyncExitStack,
        wanted: Wanted,
        record: SourceRecord | None,
        *,
        is_renewal: bool,
    ) -> Found:
        if record is not None and not is_renewal and record.freshness.is_usable(time.time()):
            return Standing(record=record, cache=HIT)
        try:
            return await joined(self.fetches, request, stack, wanted, record)
        except TimeoutError as error:
            if record is None or not record.freshness.may_serve_stale(
                time.time(), origin_failed=True
            ):
                raise OriginTimeout("the origin did not answer in time") from error
            return Standing(record=record, cache=CacheUse(forward=Forward.STALE))
