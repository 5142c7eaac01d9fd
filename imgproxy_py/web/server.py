"""Hypercorn as we run it: one process, uvloop, no work on pictures in here."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from imgproxy_py.web.at_once import Ready, Story
from imgproxy_py.web.reply import Receive, Scope, Send
from imgproxy_py.web.shell import App, Shell
from imgproxy_py.web.wire import prepare_hypercorn

BACKLOG = 1024
# A URL that names another URL may be long; proxies in front rarely take more than 8 KiB.
MAX_HEAD_BYTES = 64 * 1024
# What requests need after the end of the drain to say that there is none.
LAST_WORDS_SECONDS = 2.0


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind((host, port))
    sock.set_inheritable(True)
    return sock


async def serve(
    app: App, sock: socket.socket, *, shutdown: asyncio.Event, graceful_seconds: float = 30.0
) -> None:
    """Serve until `shutdown` is set, then let running requests end.

    `sock` is taken over: with a copy of it left open, a stopping server would go on accepting
    connections that nobody answers.
    """
    prepare_hypercorn()
    config = hypercorn_config(sock, graceful_seconds)
    trigger: Callable[[], Awaitable[object]] = shutdown.wait
    async with _drained(app, shutdown, graceful_seconds) as drained:
        await hypercorn_serve(
            drained,  # type: ignore[arg-type]
            config,
            shutdown_trigger=trigger,
            mode="asgi",
        )


@asynccontextmanager
async def _drained(
    app: App, shutdown: asyncio.Event, graceful_seconds: float
) -> AsyncIterator[App]:
    """The app, whose requests are canceled when `graceful_seconds` have passed since `shutdown`.

    Hypercorn cancels connections, under requests that then have no way to answer.
    """
    counted = _Counted(app)

    async def end_requests() -> None:
        await shutdown.wait()
        await asyncio.sleep(graceful_seconds)
        for task in counted.running:
            task.cancel()

    ending = asyncio.create_task(end_requests())
    try:
        yield counted
    finally:
        ending.cancel()


class _Counted:
    """The app, knowing which of its requests are at work."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.running: set[asyncio.Task[object]] = set()
        if isinstance(app, Shell):
            self.at_once = app.at_once
            self._story_of = app.story

    def story(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Story | None:
        story = self._story_of(method, target, headers)
        return None if story is None else partial(self._told, story)

    async def _told(self, story: Story, receive: Receive) -> Ready | None:
        self._count()
        return await story(receive)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._count()
        await self._app(scope, receive, send)

    def _count(self) -> None:
        task = asyncio.current_task()
        if task is not None:
            self.running.add(task)
            task.add_done_callback(self.running.discard)


def hypercorn_config(sock: socket.socket, graceful_seconds: float) -> Config:
    """`sock` belongs to hypercorn from here on."""
    config = Config()
    config.bind = [f"fd://{sock.detach()}"]
    config.backlog = BACKLOG
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    config.h11_max_incomplete_size = MAX_HEAD_BYTES
    config.graceful_timeout = graceful_seconds + LAST_WORDS_SECONDS
    # A wrong read_timeout cuts answers that take long; every body read has its own limit.
    config.read_timeout = None
    return config
