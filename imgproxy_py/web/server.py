"""Hypercorn as we run it: one process, uvloop, no work on pictures in here."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from imgproxy_py.web.shell import App
from imgproxy_py.web.wire import prepare_hypercorn

BACKLOG = 1024
# A URL that names another URL may be long; proxies in front rarely take more than 8 KiB.
MAX_HEAD_BYTES = 64 * 1024


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
    """Serve until `shutdown` is set, then let running requests end."""
    prepare_hypercorn()
    config = Config()
    config.bind = [f"fd://{os.dup(sock.fileno())}"]  # hypercorn closes its own
    config.backlog = BACKLOG
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    config.h11_max_incomplete_size = MAX_HEAD_BYTES
    config.graceful_timeout = graceful_seconds
    # A wrong read_timeout cuts answers that take long; every body read has its own limit.
    config.read_timeout = None
    trigger: Callable[[], Awaitable[object]] = shutdown.wait
    await hypercorn_serve(app, config, shutdown_trigger=trigger)  # type: ignore[arg-type]
