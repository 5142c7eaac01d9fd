"""Read this first: the story of one request, from who asks to what is answered.

    authorize → look up → open the source → run the engine → store → answer  (→ refine)

An upload is looked up once it is open, by its content. Every surface comes through
`Optimizer.optimize`; only the command line, which has neither accounts nor results, goes to the
engine directly.
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.service.fallback import the_source_itself
from imgproxy_py.service.filename import stem_of
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.known import Known
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer
from imgproxy_py.service.results import StoredResults, result_record
from imgproxy_py.service.source import Source, SourceOpener
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.errors import DeadlineReached

TIMED_OUT = "the time allowed ran out: this is the best result so far"

# The event loop's clock stands still while it works, so a timer set for the deadline may fire a
# little before it by the real clock.
_DEADLINE_SLACK_SECONDS = 0.1


class Engine(Protocol):
    """Whatever runs the engine away from the event loop."""

    async def run(self, job: Job, spool: Spool, *, deadline: float) -> Optimized | Meta: ...


class Accounts(Protocol):
    """Whoever knows which usernames may ask."""

    async def find(self, username: str) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """Everything one optimization needs, composed once at start.

    Without a `refiner` a result stays as it was first made.
    """

    accounts: Accounts
    results: StoredResults
    sources: SourceOpener
    engine: Engine
    limits: Limits
    refiner: Refiner | None = None
    _known: Known = field(init=False)

    def __post_init__(self) -> None:
        known = Known(results=self.results, refiner=self.refiner)
        object.__setattr__(self, "_known", known)

    async def optimize(self, request: Request) -> Answer:
        """Tell the whole story. Raises what went wrong, as one of our errors.

        At the deadline: the best result so far, else the source itself. An upload is closed.
        """
        with request.upload or nullcontext():
            return await self._optimize(request)

    async def authorize(self, username: str) -> None:
        """Raise the AccessError of a username that may not ask."""
        await self.accounts.find(username)

    async def _optimize(self, request: Request) -> Answer:
        await self.authorize(request.username)
        keys = Keys.of(request)

        found = await self._known.of_url(request, keys)
        if found is not None:
            return found

        started_at = time.perf_counter()
        try:
            async with self.sources.open(request) as source:
                return await self._from_source(request, keys, source, started_at)
        except OriginTimeout:
            if time.monotonic() < request.deadline - _DEADLINE_SLACK_SECONDS:
                raise
            return the_source_itself(request)

    async def _from_source(
        self, request: Request, keys: Keys, source: Source, started_at: float
    ) -> Answer:
        known = await self._known.of_upload(request, keys, source)
        if known is not None:
            return known
        outcome = await self._outcome(request, source)
        if outcome is None:
            return the_source_itself(request)
        await source.arrived()
        itself = await self._known.fed_back(request, keys, source, outcome)
        if itself is not None:
            return itself
        timings_ms = {"fetch": source.fetch_ms(started_at)}
        if isinstance(outcome, Optimized):
            timings_ms |= outcome.timings_ms
        return await self._answer(request, keys, source, outcome, timings_ms)

    async def _outcome(self, request: Request, source: Source) -> Optimized | Meta | None:
        """What the engine made by the deadline; None when there was nothing to show by then."""
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
        outcome: Optimized | Meta,
        timings_ms: dict[str, float],
    ) -> Answer:
        if isinstance(outcome, Meta):
            return MetaAnswer(
                meta=outcome,
                freshness=source.freshness,
                warnings=request.warnings,
                timings_ms=timings_ms,
            )
        key = keys.result(source.spool.sha256)
        record = result_record(
            outcome,
            options=request.options,
            id_of_result=self.results.result_id(key),
            source_sha256=source.spool.sha256,
            source_bytes=source.spool.bytes_written,
            filename=stem_of(source.name),
            freshness=source.freshness,
        )
        answer = ImageAnswer(
            record=record,
            data=memoryview(outcome.data),
            freshness=source.freshness,
            is_stored=source.may_store,
            warnings=request.warnings + outcome.warnings,
            timings_ms=timings_ms,
        )
        if not answer.is_stored:
            return answer
        return await self._kept(request, keys, source, outcome, answer)

    async def _kept(
        self, request: Request, keys: Keys, source: Source, outcome: Optimized, answer: ImageAnswer
    ) -> ImageAnswer:
        """Stored, findable, and handed on to whoever makes it better."""
        record = answer.record
        of_source = None if keys.source is None else (keys.source, source.record())
        is_stored = await self.results.keep(
            answer, outcome, keys=keys, options=request.options, source=of_source
        )
        answer = replace(answer, is_stored=is_stored)
        if answer.is_stored and self.refiner is not None:
            self.refiner.offer(
                outcome, keys=keys, job=self._job(request), spool=source.spool, record=record
            )
        return answer

    def _job(self, request: Request) -> Job:
        return Job(options=request.options, accepts=request.accepts, limits=self.limits)
