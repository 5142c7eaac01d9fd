"""Refinement: what was answered in haste is made anew at leisure, and the next request gets it.

A result that its deadline cut short, or that more work would make smaller, comes here with its
source once it has been stored. One after another they go through the same engine, with time for
everything, while no request needs the processor. What comes out takes the place of the first
result, under the same URL with another ETag, if it is better.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Optimized
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.refinement import Refinement, is_improvement, is_refinable
from imgproxy_py.service.refinement_queue import (
    MAX_WAITING,
    MAX_WAITING_BYTES,
    RefinementQueue,
)
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.key import Key
from imgproxy_py.store.records import ResultRecord
from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.workers.background import GaveWay
from imgproxy_py.workers.errors import WorkerError
from imgproxy_py.workers.source_file import SourceFile
from imgproxy_py.workers.work import Outcome

log = logging.getLogger(__name__)

# What one picture may cost at most.
MAX_CPU_SECONDS = 60.0


class BackgroundEngine(Protocol):
    """Whoever runs jobs that nobody waits for."""

    async def run(self, job: Job, source: SourceFile, *, cpu_seconds: float) -> Outcome: ...


@dataclass(slots=True, kw_only=True)
class Counts:
    """Since the server started. `replaced` of those that were `finished` were better, and took
    `saved_bytes` less than the results in whose place they are."""

    finished: int = 0
    replaced: int = 0
    saved_bytes: int = 0
    failed: int = 0
    given_up: int = 0


class Refiner:
    """Belongs to one event loop. The bounds are those of its queue."""

    def __init__(
        self,
        engine: BackgroundEngine,
        results: StoredResults,
        *,
        max_waiting: int = MAX_WAITING,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        max_cpu_seconds: float = MAX_CPU_SECONDS,
    ) -> None:
        self.counts = Counts()
        self._engine = engine
        self._results = results
        self._max_cpu_seconds = max_cpu_seconds
        self._waiting = RefinementQueue(
            on_given_up=self._gave_up,
            max_waiting=max_waiting,
            max_waiting_bytes=max_waiting_bytes,
        )
        self._current: Refinement | None = None
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.get_running_loop().create_task(self._refine_all())

    async def close(self) -> None:
        """Drop everything at once: what runs, what waits, and what comes from now on."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        self._waiting.close()

    def is_expected(self, key: Key) -> bool:
        """Whether the result under `key` is being made anew, or will be."""
        is_current = self._current is not None and self._current.key.text == key.text
        return is_current or key in self._waiting

    def is_expected_under(self, result_id: str) -> bool:
        """The same of a result by its public id."""
        expected = [*self._waiting, *([self._current] if self._current else [])]
        return any(one.record.result_id == result_id for one in expected)

    def offer(
        self, first: Optimized, *, keys: Keys, job: Job, spool: Spool, record: ResultRecord
    ) -> None:
        """Have a stored result made anew some time, if that may be worth it.

        One of the same key that is expected already stands for it.
        """
        key = keys.result(record.source_sha256)
        if self._work is None or not is_refinable(first) or self.is_expected(key):
            return
        try:
            refinement = Refinement.of(keys=keys, job=job, spool=spool, first=first, record=record)
        except OSError:  # no descriptor to spare
            self.counts.given_up += 1
            return
        self._waiting.put(refinement)

    def _gave_up(self, oldest: Refinement) -> None:
        self.counts.given_up += 1
        log.info("refinement given up: too many wait", extra={"of_request": oldest.request_id})

    async def _refine_all(self) -> None:
        while True:
            self._current = await self._waiting.take()
            request_id.set(self._current.request_id)
            try:
                await self._refine(self._current)
            except Exception:  # whatever is wrong with this one, the next is another
                self.counts.failed += 1
                log.exception("a result was not refined")
            finally:
                self._current.close()
                self._current = None

    async def _refine(self, refinement: Refinement) -> None:
        try:
            made = await self._engine.run(
                refinement.job, refinement.source, cpu_seconds=self._max_cpu_seconds
            )
        except (EngineError, WorkerError, GaveWay) as error:
            self.counts.failed += 1
            log.info("a result was not refined", extra={"reason": _reason(error)})
            return
        if isinstance(made, Optimized) and await self._is_better(made, refinement):
            await self._replace(made, refinement)
        self.counts.finished += 1

    async def _is_better(self, made: Optimized, refinement: Refinement) -> bool:
        """Better than the first result, and than what somebody may have put there meanwhile."""
        first = refinement.record
        stored = await self._results.records.result(first.result_id)
        if stored is None:
            return False  # it has been removed, and shall not come back
        is_changed = stored.sha256 != first.sha256 and not stored.is_provisional
        if is_changed and stored.bytes <= len(made.data):
            return False
        return is_improvement(made, first=refinement.first, first_bytes=first.bytes)

    async def _replace(self, made: Optimized, refinement: Refinement) -> None:
        first, record = refinement.record, refinement.record_of(made)
        assert record.freshness is not None
        answer = ImageAnswer(
            record=record, data=memoryview(made.data), freshness=record.freshness, is_stored=True
        )
        is_stored = await self._results.keep(
            answer, made, keys=refinement.keys, options=refinement.job.options
        )
        if not is_stored:
            return
        self.counts.replaced += 1
        self.counts.saved_bytes += first.bytes - record.bytes
        log.info(
            "refined",
            extra={"result": first.result_id, "was_bytes": first.bytes, "bytes": record.bytes},
        )


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ImgproxyError) else "requests needed its memory"
