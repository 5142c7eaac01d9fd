"""What is known already: stored results that answer a request without any work."""

import time
from dataclasses import dataclass, replace

from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.service.cache_use import Forward
from imgproxy_py.service.filename import stem_of
from imgproxy_py.service.flight import Standing
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.looked import Looked
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.result_record import may_be_fed_back
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.key import Key
from imgproxy_py.store.records import ResultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`refiner` knows which unfinished results will soon be better ones."""

    results: StoredResults
    refiner: Refiner | None

    async def of_url(self, request: Request, keys: Keys) -> ImageAnswer | None:
        """The stored result of a source that may be used unasked: nothing is done.

        Its freshness may be over: then the origin is to be asked after the answer."""
        return (await self.look(request, keys)).answer

    async def look(self, request: Request, keys: Keys) -> Looked:
        """The same, and whether there was anything at all."""
        if request.options.wants_meta:
            return Looked()
        source = await self.results.source(request)
        if source is None:
            return Looked(found_nothing=True)
        if not source.freshness.is_usable(time.time()):
            return Looked()
        key = keys.result(source.sha256)
        return Looked(answer=await self._finished(request, key, source.freshness))

    async def of_standing(
        self, request: Request, keys: Keys, standing: Standing | None
    ) -> ImageAnswer | None:
        """The stored result of a source that stands as it was known."""
        if standing is None or request.options.wants_meta:
            return None
        record = standing.record
        found = await self._finished(request, keys.result(record.sha256), record.freshness)
        return None if found is None else replace(found, cache=standing.cache)

    async def of_content(self, request: Request, keys: Keys, source: Source) -> ImageAnswer | None:
        """The stored result of the same bytes, which may have come from somebody else.

        The source is complete."""
        if request.options.wants_meta:
            return None
        found = await self._finished(request, keys.result(source.spool.sha256))
        return None if found is None else _for(source, found)

    async def fed_back(
        self, request: Request, keys: Keys, source: Source, outcome: Optimized | Meta
    ) -> ImageAnswer | None:
        """The source as its own result, when it is one of ours for the same options."""
        if isinstance(outcome, Meta) or not may_be_fed_back(outcome):
            return None
        found = await self._finished(request, keys.fed_back(source.spool.sha256))
        return None if found is None else _for(source, found)

    async def is_ours(self, keys: Keys, source: Source) -> bool:
        """Whether a source is a result of ours for the same options."""
        id_of_result = self.results.result_id(keys.fed_back(source.spool.sha256))
        return await self.results.records.result(id_of_result) is not None

    async def _finished(
        self, request: Request, key: Key, freshness: Freshness | None = None
    ) -> ImageAnswer | None:
        """A provisional result counts while a better one is on its way, for whoever has no more
        time than it had. `freshness` is that of the source by now, where it is known."""
        found = await self.results.find(key, may_be_unread=request.may_be_unread)
        if found is None:
            return None
        if found.record.is_provisional and not self._will_do(request, key, found.record):
            return None
        return replace(
            found,
            freshness=freshness or found.freshness,
            warnings=request.warnings + found.record.warnings,
            # An upload's own key and that of a result fed back are the same.
            is_fed_back=found.record.sha256 == found.record.source_sha256,
            awaits_better=self.refiner is not None and self.refiner.is_expected(key),
        )

    def _will_do(self, request: Request, key: Key, record: ResultRecord) -> bool:
        has_more_time = request.options.timeout_seconds > (record.timeout_seconds or 0.0)
        return not has_more_time and self.refiner is not None and self.refiner.is_expected(key)


def _for(source: Source, found: ImageAnswer) -> ImageAnswer:
    """Of the same bytes, but another's file name is nobody's business."""
    record = replace(found.record, filename=stem_of(source.name))
    # That the source had to be asked for again is told; that it was new to us is no news of this.
    cache = source.cache if source.cache.forward is Forward.STALE else found.cache
    return replace(found, freshness=source.freshness, record=record, cache=cache)
