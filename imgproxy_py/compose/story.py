"""What optimizes one picture: engine processes, fetching, the store, the story itself."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from imgproxy_py.accounts.library import Library
from imgproxy_py.compose.parts import AccountParts, StoryParts
from imgproxy_py.compose.shared import SharedParts, start_shared
from imgproxy_py.compose.sources import start_sources
from imgproxy_py.engine.job import Limits
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.service.housekeeping import keep_within
from imgproxy_py.service.idle_engine import IdleEngine
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.known import Known
from imgproxy_py.service.library import Libraries
from imgproxy_py.service.making import Maker
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.purge import Purger
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.renewing import Renewer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.together import Together
from imgproxy_py.settings import Settings
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.key import LIBRARY
from imgproxy_py.store.purges import Purges
from imgproxy_py.store.records import Records
from imgproxy_py.store.secret_keys import load_secret_keys
from imgproxy_py.workers.pool import EnginePool, PoolSettings


async def start_story(
    settings: Settings, accounts: AccountParts, stack: AsyncExitStack
) -> StoryParts:
    """Everything between a request and its result; engine processes are ready when it returns."""
    pool = await _pool(settings, stack)
    fetcher = Fetcher(fetch_policy(settings))
    stack.push_async_callback(fetcher.close)
    await fetcher.start()
    blobs = BlobStore(settings.results_url)
    purges = Purges(blobs)
    await purges.refresh()
    following = asyncio.create_task(purges.follow())
    stack.callback(following.cancel)
    secret = load_secret_keys(settings.data_dir, settings.secret_keys)[-1]
    memory = BoundedMemoryCache(max_bytes=settings.cache_max_bytes)
    shared = start_shared(settings, secret, stack)
    results = _results(blobs, memory, shared, purges, secret)
    pruning = asyncio.create_task(
        keep_within(
            blobs,
            records=results.records,
            purges=purges,
            max_bytes=settings.results_max_bytes,
        )
    )
    stack.callback(pruning.cancel)
    spool_directory = _spool_directory(settings)
    inside = Inside(
        public_url=settings.public_url,
        spool_directory=spool_directory,
        max_source_bytes=settings.max_source_bytes,
        results=results,
    )
    sources = start_sources(
        settings,
        fetcher=fetcher,
        inside=inside,
        results=results,
        leases=shared.leases,
        spool_directory=spool_directory,
        stack=stack,
    )
    refiner = await _refiner(settings, pool, results, stack)
    renewer = _renewer(settings, accounts, pool, results, sources, refiner)
    stack.push_async_callback(renewer.close)
    optimizer = Optimizer(
        accounts=accounts.directory,
        meter=accounts.meter,
        results=results,
        sources=sources,
        engine=pool,
        limits=limits(settings),
        pace=accounts.pace,
        access=accounts.access,
        refiner=refiner,
        renewer=renewer,
        together=Together(shared.leases),
    )
    inside.optimize = optimizer.optimize
    return StoryParts(
        pool=pool,
        fetcher=fetcher,
        blobs=blobs,
        results=results,
        sources=sources,
        optimizer=optimizer,
        purger=Purger(
            purges=purges,
            records=results.records,
            kept=sources.fetches.asking.kept.contents,
            public_url=settings.public_url,
            failures=sources.fetches.asking.failures,
        ),
        desk=OrderDesk(
            optimizer=optimizer,
            meter=accounts.meter,
            results=results,
            libraries=Libraries(results=results, library=Library(accounts.database)),
            result_ttl_seconds=settings.result_ttl_seconds,
        ),
        spool_directory=spool_directory,
        secret=secret,
    )


def _results(
    blobs: BlobStore,
    memory: BoundedMemoryCache,
    shared: SharedParts,
    purges: Purges,
    secret: bytes,
) -> StoredResults:
    library = StoredResults(
        contents=Contents(blobs=blobs, memory=memory, folder=LIBRARY),
        records=Records(blobs, memory=memory, shared=shared.records, folder=LIBRARY),
        secret=secret,
    )
    return StoredResults(
        contents=Contents(blobs=blobs, memory=memory),
        records=Records(blobs, memory=memory, shared=shared.records, purges=purges),
        secret=secret,
        library=library,
    )


async def _pool(settings: Settings, stack: AsyncExitStack) -> EnginePool:
    pool = EnginePool(
        PoolSettings(
            children=settings.engine_workers,
            max_waiting=settings.queue_length,
            memory_bytes=settings.engine_memory_bytes,
            has_background=settings.refine,
            cache_directory=settings.data_dir / "cache" / "numba",
        )
    )
    stack.push_async_callback(pool.close)
    await pool.start()
    return pool


async def _refiner(
    settings: Settings, pool: EnginePool, results: StoredResults, stack: AsyncExitStack
) -> Refiner | None:
    if not settings.refine:
        return None
    refiner = Refiner(pool.background, results)
    refiner.start()
    stack.push_async_callback(refiner.close)
    return refiner


def _renewer(
    settings: Settings,
    accounts: AccountParts,
    pool: EnginePool,
    results: StoredResults,
    sources: SourceOpener,
    refiner: Refiner | None,
) -> Renewer:
    maker = Maker(
        engine=IdleEngine(pool.background) if settings.refine else pool,
        limits=limits(settings),
        known=Known(results=results, refiner=refiner),
        results=results,
        refiner=refiner,
    )
    return Renewer(sources=sources, maker=maker, meter=accounts.meter, pace=accounts.pace)


def fetch_policy(settings: Settings) -> FetchPolicy:
    """What a fetch may do, as the settings say."""
    return FetchPolicy(
        allowed_networks=settings.allowed_networks,
        allowed_ports=settings.allowed_ports,
        allowed_sources=read_patterns(",".join(settings.allowed_sources)),
        denied_sources=read_patterns(",".join(settings.denied_sources)),
        max_source_bytes=settings.max_source_bytes,
        connect_timeout_seconds=settings.connect_seconds,
        first_byte_timeout_seconds=settings.first_byte_seconds,
        idle_timeout_seconds=settings.idle_seconds,
        total_timeout_seconds=settings.fetch_seconds,
    )


def limits(settings: Settings) -> Limits:
    """What one source image may ask of the engine."""
    return Limits(
        max_pixels=settings.max_pixels,
        max_side_pixels=settings.max_side_pixels,
        max_frames=settings.max_frames,
        max_memory_bytes=settings.engine_memory_bytes,
    )


def _spool_directory(settings: Settings) -> Path:
    directory = settings.data_dir / "spool"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
