"""An application that has some answers at hand, served over real sockets, and its client."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from hypercorn.asyncio import serve
from hypercorn.config import Config

from imgproxy_py.web.at_once import Ready, Story
from imgproxy_py.web.reply import Receive, Reply, Scope, Send, send_reply
from imgproxy_py.web.server import hypercorn_config, listen
from imgproxy_py.web.wire import prepare_hypercorn

KEPT_SECONDS = 1.0
LARGE = bytes(range(256)) * 40_000


class App:
    """`/hit…` is at hand, `/told…` in time; anything else takes the common way. `asked` tells which
    did."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def at_once(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Ready | None:
        if not target.startswith(b"/hit"):
            return None
        self.asked.append(f"at once {target.decode()}")
        body = LARGE if target == b"/hit-large" else target
        is_head = method == "HEAD"
        if target == b"/hit-304":
            return Ready(status=304, lines=b"x-way: at once\r\n", length=None, body=b"")
        return Ready(
            status=200, lines=b"x-way: at once\r\n", length=len(body), body=b"" if is_head else body
        )

    def story(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Story | None:
        return partial(self._told, target) if target.startswith(b"/told") else None

    async def _told(self, target: bytes, receive: Receive) -> Ready | None:
        self.asked.append(f"told {target.decode()}")
        assert (await receive())["type"] == "http.request"
        if target == b"/told-broken":
            raise ValueError("of a test")
        leaving = asyncio.ensure_future(receive())
        answering = asyncio.ensure_future(self.may_answer.wait())
        await asyncio.wait({leaving, answering}, return_when=asyncio.FIRST_COMPLETED)
        has_left = leaving.done()
        leaving.cancel()
        answering.cancel()
        if has_left:
            self.asked.append(f"left {target.decode()}")
            return None
        return Ready(status=200, lines=b"x-way: told\r\n", length=len(target), body=target)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(f"common {scope['path']}")
        await self.may_answer.wait()
        reply = Reply(status=200, headers=(("X-Way", "common"),), body=scope["raw_path"])
        await send_reply(send, reply, method=scope["method"])


@asynccontextmanager
async def serving(app: App, **settings: object) -> AsyncIterator[int]:
    """The app on a free port; ends within a second of the block's end."""
    prepare_hypercorn()
    sock = listen("127.0.0.1", 0)
    port: int = sock.getsockname()[1]
    config: Config = hypercorn_config(sock, graceful_seconds=0.0)
    config.graceful_timeout = 0.5
    for name, value in settings.items():
        setattr(config, name, value)
    over = asyncio.Event()
    running = asyncio.create_task(serve(app, config, shutdown_trigger=over.wait, mode="asgi"))  # type: ignore[arg-type]
    try:
        yield port
    finally:
        over.set()
        await running


@asynccontextmanager
async def connected(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    for _ in range(200):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 25)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        try:
            yield reader, writer
        finally:
            writer.close()


def asking(target: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    head = [f"{method} {target} HTTP/{version}", "Host: x", *lines]
    return "\r\n".join([*head, "", ""]).encode()


async def heads(reader: asyncio.StreamReader, count: int, *, has_body: bool = True) -> list[str]:
    """How each of the next answers came, and what it said."""
    found = []
    for _ in range(count):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(fields["content-length"])) if has_body else b""
        found.append(f"{fields['x-way']} {body.decode()}".strip())
    return found
