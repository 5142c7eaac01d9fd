"""A story with a scripted engine, a real store and real spools: all that refinement touches."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from imgproxy_py.accounts.account import Account
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job, Limits, Tier
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.records import Records
from imgproxy_py.workers.source_file import SourceFile
from imgproxy_py.workers.work import Outcome
from options_grammar import parse
from tests.service.opening import opener
from tests.unmetered import Unmetered
from tests.waiting import until

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = Optimized(
    data=b"q" * 100,
    format=ImageFormat.JPEG,
    width=10,
    height=10,
    score=73.5,
    target=72.0,
    is_settled=False,
    source=SourceFacts(format=ImageFormat.JPEG, width=10, height=10),
)
SETTLED = replace(QUICK, data=b"s" * 80, score=72.1, is_settled=True)


@dataclass(kw_only=True)
class ScriptedEngine:
    """Gives `quick` to requests and, in the background, what `settle` makes of a source.

    `gate` holds background work up until it is set. `jobs` and `sources` are what came there,
    `live` what requests asked for.
    """

    quick: Optimized = QUICK
    settle: Callable[[bytes], Outcome] = lambda _source: SETTLED
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    jobs: list[Job] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    live: list[Job] = field(default_factory=list)

    async def run(
        self,
        job: Job,
        spool: SourceFile,
        *,
        deadline: float | None = None,
        cpu_seconds: float | None = None,
    ) -> Optimized | Meta:
        if job.tier is Tier.LIVE:
            self.live.append(job)
            return self.quick
        self.jobs.append(job)
        await self.gate.wait()
        self.sources.append(Path(f"/proc/self/fd/{spool.fileno()}").read_bytes())
        made = self.settle(self.sources[-1])
        assert isinstance(made, Optimized | Meta)
        return made


class Anybody:
    async def find(self, username: str) -> Account:
        return Account(id="a" * 32, username=username, plan="unlimited", created_at=MADE_AT)


class Story:
    """An optimizer with a refiner of small bounds. `ask` uploads `source` and gives the answer."""

    def __init__(self, directory: Path, engine: ScriptedEngine, **bounds: int) -> None:
        self.directory = directory
        self.engine = engine
        memory = BoundedMemoryCache(max_bytes=1 << 20)
        blobs = BlobStore("memory://")
        self.results = StoredResults(
            contents=Contents(blobs=blobs, memory=memory),
            records=Records(blobs, memory=memory),
            secret=b"s" * 32,
        )
        self.refiner = Refiner(engine, self.results, **bounds)
        inside = Inside(
            public_url="http://x",
            spool_directory=directory,
            max_source_bytes=1 << 20,
            results=self.results,
        )
        self.optimizer = Optimizer(
            accounts=Anybody(),
            meter=Unmetered(),
            results=self.results,
            sources=opener(Fetcher(FetchPolicy()), inside, self.results, directory),
            engine=engine,
            limits=Limits(),
            refiner=self.refiner,
        )

    async def ask(self, source: bytes = b"source", options: str = "10") -> ImageAnswer:
        spool = Spool(self.directory, max_source_bytes=1 << 20, expected_bytes=len(source))
        spool.write(source)
        spool.finish()
        request = Request(
            username="user",
            options=parse(options).options,
            deadline=time.monotonic() + 10,
            upload=spool,
        )
        answer = await self.optimizer.optimize(request)
        assert isinstance(answer, ImageAnswer)
        return answer

    async def finished(self, count: int) -> None:
        """Return when `count` refinements have come to their end, well or badly."""
        counts = self.refiner.counts
        await until(lambda: counts.finished + counts.failed >= count)


@asynccontextmanager
async def told(
    directory: Path, engine: ScriptedEngine | None = None, /, **bounds: int
) -> AsyncIterator[Story]:
    """A story whose refiner runs until the block ends."""
    story = Story(directory, engine or ScriptedEngine(), **bounds)
    story.refiner.start()
    try:
        yield story
    finally:
        await story.refiner.close()
