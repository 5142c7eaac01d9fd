"""The composition root: builds everything one server is made of, in order, and takes it down."""

import asyncio
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from imgproxy_py import heap
from imgproxy_py.accounts.bootstrap import BootstrapResult
from imgproxy_py.compose.accounts import start_accounts
from imgproxy_py.compose.api import start_api
from imgproxy_py.compose.parts import Parts
from imgproxy_py.compose.story import start_story
from imgproxy_py.service.refine import Refiner
from imgproxy_py.settings import Settings
from imgproxy_py.store.backends import local_folder
from imgproxy_py.web.accel import NO_ACCEL, Accel
from imgproxy_py.web.app import build_app
from imgproxy_py.web.holding import Holding
from imgproxy_py.web.server import listen, serve
from imgproxy_py.web.shell import App
from imgproxy_py.web.stored_results import ResultSurface
from imgproxy_py.web.url_surface import UrlSurface
from imgproxy_py.workers.pool import EnginePool


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
        accounts = await start_accounts(settings, stack)
        oldest = (await accounts.repository.list_accounts())[0]
        story = await start_story(settings, accounts, stack)
        parts = Parts(
            settings=settings,
            stack=stack,
            accounts=accounts,
            story=story,
            is_stopping=is_stopping,
        )
        yield Server(
            app=await _app(parts),
            pool=story.pool,
            refiner=story.optimizer.refiner,
            first_account=accounts.first_account,
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


async def _app(parts: Parts) -> App:
    settings, story = parts.settings, parts.story
    refiner = story.optimizer.refiner
    holding = Holding(hold_seconds=settings.hold_seconds, is_stopping=parts.is_stopping)
    accel = _accel(settings)
    urls = UrlSurface(
        optimizer=story.optimizer,
        holding=holding,
        redirects=settings.redirect.value,
        listens_to_hints=settings.client_hints,
        accel=accel,
        spool_directory=story.spool_directory,
        max_source_bytes=settings.max_source_bytes,
        idle_timeout_seconds=settings.idle_seconds,
        total_timeout_seconds=settings.fetch_seconds,
    )
    return build_app(
        urls=urls,
        results=ResultSurface(
            results=story.results,
            holding=holding,
            awaits_better=_never if refiner is None else refiner.is_expected_under,
            accel=accel,
        ),
        api=await start_api(parts),
        public_url=settings.public_url,
        is_ready=lambda: not parts.is_stopping() and _is_ready(settings, story.pool),
    )


def _accel(settings: Settings) -> Accel:
    folder = local_folder(settings.results_url)
    if folder is None or not settings.accel_redirect:
        return NO_ACCEL
    return Accel(location=settings.accel_redirect, folder=folder)


def _never(_result_id: str) -> bool:
    return False


def _is_ready(settings: Settings, pool: EnginePool) -> bool:
    """A child lives, the queue has room, and the disk takes one more source."""
    has_room = shutil.disk_usage(settings.data_dir).free > settings.max_source_bytes
    return pool.living_children > 0 and not pool.is_saturated and has_room


def _with_real_port(settings: Settings, sock: socket.socket) -> Settings:
    """Port 0 means any free one: links must name the one it became."""
    port = sock.getsockname()[1]
    if settings.port == port:
        return settings
    public_url = settings.public_url
    if public_url.endswith(":0"):
        public_url = f"{public_url.removesuffix('0')}{port}"
    return replace(settings, port=port, public_url=public_url)
