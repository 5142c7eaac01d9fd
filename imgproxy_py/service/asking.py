"""What becomes of a wish for a source: read `found` first, it tells the story.

    known and fresh by now? → failed a moment ago? → ask the origin, with its own validators
    → 304: what we have holds · 200: the bytes · failed: what we have, where its origin lets us

Nothing of any client goes to the origin: what is asked is the same for all of them.
"""

import logging
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from imgproxy_py.service.cache_use import HIT, CacheUse, Forward
from imgproxy_py.service.flight import Arriving, Found, Standing, Wanted
from imgproxy_py.service.keeping import Keeping
from imgproxy_py.service.kept_sources import KeptSources
from imgproxy_py.service.remembered_failures import RememberedFailures
from imgproxy_py.service.source_facts import (
    Ttls,
    freshness_of,
    is_of,
    may_be_used,
    new_record,
    renewed,
    tags_of,
    validators_of,
)
from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    SourceError,
    SourceNotFound,
    SourceNotPublic,
)
from imgproxy_py.sources.fetched import Fetched
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.key import source_key
from imgproxy_py.store.records import Records, SourceRecord

log = logging.getLogger(__name__)

_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks origins for sources, and keeps the record of what they say."""

    fetcher: Fetcher
    records: Records
    kept: KeptSources
    failures: RememberedFailures
    spool_directory: Path
    ttls: Ttls

    async def found(
        self, wanted: Wanted, record: SourceRecord | None, stack: AsyncExitStack
    ) -> Found:
        """What there is of a source of which `record` is known; what has to be closed goes on
        `stack`. Raises a SourceError, one that is remembered included."""
        if record is not None and record.freshness.is_fresh(time.time()):
            return Standing(record=record, cache=HIT)
        remembered = await self.failures.of(wanted.url)
        if remembered is not None:
            return _despite(remembered, record)
        try:
            return await self._asked(wanted, record, stack)
        except SourceError as error:
            await self.failures.note(wanted.url, error)
            if record is not None and error.origin_status in _GONE:
                await self._forget(wanted, record)
            return _despite(error, record)

    async def known(self, wanted: Wanted) -> SourceRecord | None:
        """What is known of a source and may be used for this wish."""
        record = None if wanted.is_anew else await self.records.source(source_key(wanted.url))
        if record is None or not may_be_used(record, wanted.allowed_sources):
            return None
        return record

    async def _asked(
        self, wanted: Wanted, record: SourceRecord | None, stack: AsyncExitStack
    ) -> Found:
        requested_at = time.time()
        fetched = await stack.enter_async_context(await self._fetched(wanted, record))
        if record is not None and fetched.status == 304:
            if is_of(record, fetched):
                return await self._unchanged(wanted, record, fetched, requested_at)
            # It speaks of something that we do not have.
            requested_at = time.time()
            fetched = await stack.enter_async_context(await self._fetched(wanted, None))
        arriving = self._arriving(wanted, fetched, requested_at)
        if record is None:
            return arriving
        await fetched.spool.wait_ended()
        if not arriving.freshness.may_store:
            await self._forget(wanted, record)
        elif fetched.spool.sha256 != record.sha256:
            # Its record stands until the new one takes its place, with the first new result.
            await self.kept.forget(record.sha256)
        cache = CacheUse(forward=Forward.STALE, origin_status=fetched.status)
        return replace(arriving, cache=cache)

    async def _fetched(self, wanted: Wanted, record: SourceRecord | None) -> Fetched:
        return await self.fetcher.fetch(
            wanted.url,
            spool_directory=self.spool_directory,
            hops_seen=wanted.hops,
            validators=None if record is None else validators_of(record),
            validators_for=None if record is None else record.final_url,
            account_sources=wanted.allowed_sources,
        )

    async def _unchanged(
        self, wanted: Wanted, record: SourceRecord, fetched: Fetched, requested_at: float
    ) -> Standing:
        """The record is refreshed. One that may not be kept any longer serves this once."""
        record = renewed(record, wanted.url, fetched, requested_at=requested_at, ttls=self.ttls)
        key = source_key(wanted.url)
        try:
            if record.freshness.may_store:
                await self.records.put_source(key, record)
            else:
                await self.records.forget_source(key)
        except StoreError:
            log.exception("what is known of a source could not be stored")
        return Standing(
            record=record,
            cache=CacheUse(forward=Forward.STALE, origin_status=fetched.status),
        )

    def _arriving(self, wanted: Wanted, fetched: Fetched, requested_at: float) -> Arriving:
        freshness = freshness_of(wanted.url, fetched, requested_at=requested_at, ttls=self.ttls)
        keeping = Keeping(
            kept=self.kept,
            records=self.records,
            key=source_key(wanted.url),
            spool=fetched.spool,
            record=partial(new_record, wanted.url, fetched, freshness, requested_at=requested_at),
        )
        return Arriving(
            fetched=fetched,
            freshness=freshness,
            keeping=keeping,
            asked_at=requested_at,
            tags=tags_of(fetched.headers),
        )

    async def _forget(self, wanted: Wanted, record: SourceRecord) -> None:
        """The origin has something else now, or nothing."""
        try:
            await self.records.forget_source(source_key(wanted.url))
        except StoreError:
            log.exception("what was known of a source could not be removed")
        await self.kept.forget(record.sha256)


def _despite(error: SourceError, record: SourceRecord | None) -> Standing:
    """What is known, where its origin lets it be used after a failure (RFC 5861, section 4); else
    the failure is raised."""
    now = time.time()
    if (
        record is None
        or not _is_the_origins(error)
        or not record.freshness.may_serve_stale(now, origin_failed=True)
    ):
        raise error
    if error.remembered_until is not None:
        return Standing(record=record, cache=HIT)  # nobody was asked (RFC 9211, section 2.1)
    cache = CacheUse(forward=Forward.STALE, origin_status=error.origin_status)
    return Standing(record=record, cache=cache)


def _is_the_origins(error: SourceError) -> bool:
    """Whether nobody answered, or not with what could be used: a 404 is an answer, and counts."""
    if isinstance(error, SourceNotFound):
        return error.origin_status is None and not isinstance(error, SourceNotPublic)
    return isinstance(error, OriginFailed | OriginTimeout)
