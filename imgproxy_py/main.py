"""The composition root: builds everything one server is made of, in order, and takes it down."""

import asyncio
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from imgproxy_py import heap
from imgproxy_py.accounts.bootstrap import BootstrapResult, bootstrap
from imgproxy_py.accounts.directory import AccountDirectory
from imgproxy_py.accounts.plan import load_plans
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.engine.job import Limits
from imgproxy_py.service.housekeeping import keep_within
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.verify import Verifier
from imgproxy_py.settings import Settings
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.records import Records
from imgproxy_py.store.secret_keys import load_secret_keys
from imgproxy_py.web.app import build_app
from imgproxy_py.web.holding import Holding
from imgproxy_py.web.server import listen, serve
from imgproxy_py.web.shell import App
from imgproxy_py.web.stored_results import ResultSurface
from imgproxy_py.web.url_surface import UrlSurface
from imgproxy_py.web.verify_api import VerifyApi
from imgproxy_py.web.verify_body import BodyLimits
from imgproxy_py.workers.pool import EnginePool, PoolSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A composed server. `first_account` is set only at the start that made it; `username` is that
    of the oldest account, for examples."""

    app: App
    pool: EnginePool
    refiner: Refiner | None
    first_account: BootstrapResult | None
    username: str


@asynccontextmanager
async def composed(
    settings: Settings, *, is_stopping: Callable[[], bool] = lambda: False
) -> AsyncIterator[Server]:
    """Everything a server needs, started; torn down in reverse order at the end."""
    async with AsyncExitStack() as stack:
        repository, first_account = await _accounts(settings, stack)
        oldest = (await repository.list_accounts())[0]
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
        fetcher = Fetcher(fetch_policy(settings))
        stack.push_async_callback(fetcher.close)
        await fetcher.start()
        blobs = BlobStore(settings.results_url)
        pruning = asyncio.create_task(keep_within(blobs, max_bytes=settings.results_max_bytes))
        stack.callback(pruning.cancel)
        results = _results(settings, blobs)
        refiner = Refiner(pool.background, results) if settings.refine else None
        if refiner is not None:
            refiner.start()
            stack.push_async_callback(refiner.close)
        app = _app(
            settings,
            AccountDirectory(repository.find),
            pool,
            fetcher,
            results,
            refiner,
            is_stopping=is_stopping,
        )
        yield Server(
            app=app,
            pool=pool,
            refiner=refiner,
            first_account=first_account,
            username=oldest.username,
        )


async def run(settings: Settings, announce: Callable[[Settings, Server], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` is called once requests are answered."""
    sock = listen(settings.host, settings.port)
    shutdown = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, shutdown.set)
    settings = _with_real_port(settings, sock)
    with sock:
        async with composed(settings, is_stopping=shutdown.is_set) as server:
            sock.listen()
            announce(settings, server)
            heap.settle()
            async with _refining_until(shutdown, server.refiner):
                await serve(
                    server.app, sock, shutdown=shutdown, graceful_seconds=settings.drain_seconds
                )


@asynccontextmanager
async def _refining_until(shutdown: asyncio.Event, refiner: Refiner | None) -> AsyncIterator[None]:
    """What nobody waits for ends with `shutdown`; the drain is for requests."""

    async def stop() -> None:
        await shutdown.wait()
        if refiner is not None:
            await refiner.close()

    stopping = asyncio.create_task(stop())
    try:
        yield
    finally:
        stopping.cancel()


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


async def _accounts(
    settings: Settings, stack: AsyncExitStack
) -> tuple[AccountRepository, BootstrapResult | None]:
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    stack.push_async_callback(database.dispose)
    repository = AccountRepository(database, plans=load_plans(settings.plans_file))
    first_account = await bootstrap(
        database,
        repository,
        username=settings.bootstrap_username,
        api_key=settings.bootstrap_api_key,
        plan=settings.bootstrap_plan,
    )
    return repository, first_account


def _app(
    settings: Settings,
    accounts: AccountDirectory,
    pool: EnginePool,
    fetcher: Fetcher,
    results: StoredResults,
    refiner: Refiner | None,
    *,
    is_stopping: Callable[[], bool],
) -> App:
    spool_directory = _spool_directory(settings)
    inside = Inside(
        public_url=settings.public_url,
        spool_directory=spool_directory,
        max_source_bytes=settings.max_source_bytes,
        results=results,
    )
    sources = SourceOpener(
        fetcher=fetcher,
        inside=inside,
        spool_directory=spool_directory,
        default_ttl_seconds=settings.default_ttl_seconds,
        max_ttl_seconds=settings.max_ttl_seconds,
    )
    optimizer = Optimizer(
        accounts=accounts,
        results=results,
        sources=sources,
        engine=pool,
        limits=limits(settings),
        refiner=refiner,
    )
    inside.optimize = optimizer.optimize
    holding = Holding(hold_seconds=settings.hold_seconds, is_stopping=is_stopping)
    urls = UrlSurface(
        optimizer=optimizer,
        holding=holding,
        redirects=settings.redirect.value,
        spool_directory=spool_directory,
        max_source_bytes=settings.max_source_bytes,
        idle_timeout_seconds=settings.idle_seconds,
        total_timeout_seconds=settings.fetch_seconds,
    )
    return build_app(
        urls=urls,
        results=ResultSurface(results=results, holding=holding),
        api=_verify_api(settings, pool, sources, spool_directory),
        public_url=settings.public_url,
        is_ready=lambda: not is_stopping() and _is_ready(settings, pool),
    )


def _verify_api(
    settings: Settings, pool: EnginePool, sources: SourceOpener, spool_directory: Path
) -> VerifyApi:
    return VerifyApi(
        verifier=Verifier(engine=pool, limits=limits(settings), spool_directory=spool_directory),
        sources=sources,
        limits=BodyLimits(
            spool_directory=spool_directory,
            max_source_bytes=settings.max_source_bytes,
            idle_timeout_seconds=settings.idle_seconds,
            total_timeout_seconds=settings.fetch_seconds,
        ),
    )


def _is_ready(settings: Settings, pool: EnginePool) -> bool:
    """A child lives, the queue has room, and the disk takes one more source."""
    has_room = shutil.disk_usage(settings.data_dir).free > settings.max_source_bytes
    return pool.living_children > 0 and not pool.is_saturated and has_room


def _results(settings: Settings, blobs: BlobStore) -> StoredResults:
    memory = BoundedMemoryCache(max_bytes=settings.cache_max_bytes)
    return StoredResults(
        contents=Contents(blobs=blobs, memory=memory),
        records=Records(blobs, memory=memory),
        secret=load_secret_keys(settings.data_dir, settings.secret_keys)[-1],
    )


def _spool_directory(settings: Settings) -> Path:
    directory = settings.data_dir / "spool"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _with_real_port(settings: Settings, sock: socket.socket) -> Settings:
    """Port 0 means any free one: links must name the one it became."""
    port = sock.getsockname()[1]
    if settings.port == port:
        return settings
    public_url = settings.public_url
    if public_url.endswith(":0"):
        public_url = f"{public_url.removesuffix('0')}{port}"
    return replace(settings, port=port, public_url=public_url)
