"""One request's way to its source: what is known without its bytes comes first, and often does."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

from imgproxy_py.service.cache_use import MISS, CacheUse, Forward
from imgproxy_py.service.fetches import Fetches
from imgproxy_py.service.flight import Arriving, Found, Standing, Wanted
from imgproxy_py.service.inside import Found as FoundInside
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.keeping import Keeping
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.request import Request
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.judging import judge
from imgproxy_py.store.key import source_key, without_user_info
from imgproxy_py.store.records import SourceRecord


class Visit:
    """One request's way to its source. `standing`: it is known without its bytes."""

    def __init__(
        self,
        *,
        fetches: Fetches,
        inside: Inside,
        default_ttl_seconds: int,
        request: Request,
        stack: AsyncExitStack,
        found: Found | None,
    ) -> None:
        self._fetches = fetches
        self._inside = inside
        self._default_ttl_seconds = default_ttl_seconds
        self._request = request
        self._stack = stack
        self._found = found

    @property
    def standing(self) -> Standing | None:
        return self._found if isinstance(self._found, Standing) else None

    @property
    def wants_renewal(self) -> bool:
        """The copy is stale, and its origin was not asked or has not answered in time."""
        standing = self.standing
        return (
            standing is not None
            and standing.cache.origin_status is None
            and not standing.record.freshness.is_fresh(time.time())
        )

    async def source(self) -> Source:
        """Its bytes, for as long as the visit lasts."""
        request = self._request
        if request.upload is not None:
            return self._uploaded(request.upload)
        match self._found:
            case None:
                assert request.source_url is not None
                return self._made_here(await self._inside.open(request.source_url, request))
            case Standing():
                return await self._kept(self._found)
            case Arriving():
                return self._arriving(self._found)

    def _uploaded(self, spool: Spool) -> Source:
        # What one user sent is for that user: shared caches keep out of it.
        private = {"cache-control": "private, max-age=3600"}
        return Source(
            spool=spool,
            freshness=_ours(private, 0),
            may_store=True,
            deadline=self._request.deadline,
            name=self._request.upload_name,
            may_be_known=True,
        )

    def _made_here(self, found: FoundInside) -> Source:
        self._stack.enter_context(found.spool)
        url = self._request.source_url or ""
        freshness = found.freshness or _ours({}, self._default_ttl_seconds)
        record = SourceRecord(
            url=without_user_info(url),
            sha256=found.spool.sha256,
            bytes=found.spool.bytes_written,
            media_type="",
            freshness=freshness,
            fetched_at=datetime.now(UTC),
            tags=found.tags,
        )
        asking = self._fetches.asking
        return Source(
            spool=found.spool,
            freshness=freshness,
            may_store=freshness.may_store,
            deadline=self._request.deadline,
            name=url,
            may_be_known=True,
            tags=found.tags,
            keeping=Keeping(records=asking.records, key=source_key(url), record=lambda: record),
        )

    async def _kept(self, standing: Standing) -> Source:
        """From the bytes that were kept, else fetched anew, whatever its validators say."""
        record, use = standing.record, standing.cache
        spool = await self._fetches.asking.kept.open(record)
        if spool is None:
            return await self._fetched_anew(use)
        self._stack.enter_context(spool)
        return Source(
            spool=spool,
            freshness=record.freshness,
            may_store=record.freshness.may_store,
            deadline=self._request.deadline,
            name=self._request.source_url,
            cache=MISS if use.is_hit else use,
            tags=record.tags,
            asked_at=record.fetched_at.timestamp(),
        )

    async def _fetched_anew(self, use: CacheUse) -> Source:
        try:
            wanted = wanted_of(self._request, self._fetches, is_anew=True)
            found = await joined(self._fetches, self._request, self._stack, wanted, None)
        except TimeoutError as error:
            raise OriginTimeout("the origin did not answer in time") from error
        assert isinstance(found, Arriving)
        source = self._arriving(found)
        if use.is_hit:
            return source
        cache = CacheUse(forward=use.forward, origin_status=found.fetched.status)
        return replace(source, cache=cache)

    def _arriving(self, found: Arriving) -> Source:
        return Source(
            spool=found.fetched.spool,
            freshness=found.freshness,
            may_store=found.freshness.may_store,
            deadline=self._request.deadline,
            name=self._request.source_url,
            cache=found.cache,
            may_be_known=found.cache.forward is Forward.STALE,
            tags=found.tags,
            keeping=found.keeping if found.freshness.may_store else None,
            asked_at=found.asked_at,
        )


def wanted_of(request: Request, fetches: Fetches, *, is_anew: bool = False) -> Wanted:
    """What a request with a source URL wants of its origin."""
    assert request.source_url is not None
    records = fetches.asking.records
    return Wanted(
        url=request.source_url,
        hops=request.hops,
        allowed_sources=request.allowed_sources,
        is_anew=is_anew,
        since=records.source_purged_at(source_key(request.source_url)),
    )


async def joined(
    fetches: Fetches,
    request: Request,
    stack: AsyncExitStack,
    wanted: Wanted,
    known: SourceRecord | None,
) -> Found:
    """The fetch that everybody shares who wants this now. Raises TimeoutError at the request's
    deadline, which is not the fetch's."""
    async with asyncio.timeout(max(0.0, request.deadline - time.monotonic())):
        return await fetches.found(wanted, known, stack)


def _ours(headers: dict[str, str], default_ttl_seconds: int) -> Freshness:
    """The freshness of what no origin was asked for."""
    now = time.time()
    return judge(
        headers, requested_at=now, responded_at=now, default_ttl_seconds=default_ttl_seconds
    )
