"""The part of the story that costs time: an open source becomes a stored result.

run the engine → is it one of ours, fed back? → store → (refine)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.service.fallback import the_source_itself
from imgproxy_py.service.filename import stem_of
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.known import Known
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer
from imgproxy_py.service.result_record import result_record
from imgproxy_py.service.results import StoredResults
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.keep import Item
from imgproxy_py.store.records import ResultRecord
from imgproxy_py.workers.errors import DeadlineReached

TIMED_OUT = "the time allowed ran out: this is the best result so far"

# What somebody has written together with a new result: one hand-over to the disk instead of two.
Beside = Callable[[ImageAnswer], Sequence[Item]]


def _nothing(_answer: ImageAnswer) -> Sequence[Item]:
    return ()


class Engine(Protocol):
    """Whatever runs the engine away from the event loop."""

    async def run(self, job: Job, spool: Spool, *, deadline: float) -> Optimized | Meta: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Knows no accounts: who may have a result made is decided before."""

    engine: Engine
    limits: Limits
    known: Known
    results: StoredResults
    refiner: Refiner | None

    async def make(
        self,
        request: Request,
        keys: Keys,
        source: Source,
        *,
        started_at: float,
        beside: Beside = _nothing,
    ) -> Answer:
        """What becomes of an open source, which may still be arriving since `started_at`
        (`time.perf_counter`). At the deadline: the best result so far, else the source itself.

        `beside` is asked when a new result is about to be stored, and not otherwise.
        """
        outcome = await self._outcome(request, source)
        if outcome is None:
            return the_source_itself(request)
        itself = await self.known.fed_back(request, keys, source, outcome)
        if itself is not None:
            return itself
        timings_ms = {"fetch": source.fetch_ms(started_at)}
        if isinstance(outcome, Meta):
            return MetaAnswer(
                meta=outcome,
                freshness=source.freshness,
                warnings=request.warnings,
                timings_ms=timings_ms,
            )
        answer = await self._answer(request, keys, source, outcome, timings_ms | outcome.timings_ms)
        if not answer.is_stored:
            return answer
        return await self._kept(request, keys, source, outcome, answer, beside)

    async def _outcome(self, request: Request, source: Source) -> Optimized | Meta | None:
        """What the engine made of the whole source by the deadline; None when there was nothing to
        show by then."""
        with source.blamed():
            outcome = await self._made(request, source)
            if outcome is not None:
                await source.arrived()
        return outcome

    async def _made(self, request: Request, source: Source) -> Optimized | Meta | None:
        try:
            return await self.engine.run(
                self._job(request), source.spool, deadline=request.deadline
            )
        except DeadlineReached as reached:
            if reached.best is None:
                return None
            return replace(
                reached.best,
                is_provisional=True,
                stop="deadline",
                warnings=(*reached.best.warnings, TIMED_OUT),
            )

    async def _answer(
        self,
        request: Request,
        keys: Keys,
        source: Source,
        outcome: Optimized,
        timings_ms: dict[str, float],
    ) -> ImageAnswer:
        """Not stored yet; its `is_stored` says whether it may be."""
        # Begun before a purge: who waits for it may have it, and nobody after them.
        is_purged = keys.source is not None and source.asked_at < (
            self.results.records.source_purged_at(keys.source, source.tags)
        )
        return ImageAnswer(
            record=self._record(request, keys, source, outcome),
            data=memoryview(outcome.data),
            freshness=source.freshness.ending_by(source.asked_at)
            if is_purged
            else source.freshness,
            is_stored=source.may_store and not is_purged,
            cache=source.cache,
            # A result of ours is small enough already: the engine keeps it as it is.
            is_fed_back=outcome.stop == "source" and await self.known.is_ours(keys, source),
            warnings=request.warnings + outcome.warnings,
            timings_ms=timings_ms,
        )

    def _record(
        self, request: Request, keys: Keys, source: Source, outcome: Optimized
    ) -> ResultRecord:
        key = keys.result(source.spool.sha256)
        return result_record(
            outcome,
            options=request.options,
            id_of_result=self.results.result_id(key),
            source_sha256=source.spool.sha256,
            source_bytes=source.spool.bytes_written,
            filename=stem_of(source.name),
            freshness=source.freshness,
            source_digest="" if keys.source is None else keys.source.digest,
            tags=source.tags,
        )

    async def _kept(
        self,
        request: Request,
        keys: Keys,
        source: Source,
        outcome: Optimized,
        answer: ImageAnswer,
        beside: Beside,
    ) -> ImageAnswer:
        """Stored, findable, and handed on to whoever makes it better."""
        record = answer.record
        if record.is_provisional:
            finished = await self.known.of_content(request, keys, source)
            if finished is not None and not finished.record.is_provisional:
                return finished  # who had more time has been here meanwhile
        claimed = None if source.keeping is None else source.keeping.claim()
        is_stored = await self.results.keep(
            answer,
            outcome,
            keys=keys,
            options=request.options,
            source=None if claimed is None else claimed.source,
            beside=(*(() if claimed is None else claimed.items), *beside(answer)),
        )
        answer = replace(answer, is_stored=is_stored)
        if not answer.is_stored or self.refiner is None:
            return answer
        self.refiner.offer(
            outcome, keys=keys, job=self._job(request), spool=source.spool, record=record
        )
        awaits_better = self.refiner.is_expected(keys.result(record.source_sha256))
        return replace(answer, awaits_better=awaits_better)

    def _job(self, request: Request) -> Job:
        return Job(options=request.options, accepts=request.accepts, limits=self.limits)
