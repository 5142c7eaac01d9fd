"""Connections over real sockets, in front of an application that has some answers at hand."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest
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


async def test_requests_sent_together_are_answered_in_their_order_whichever_way_they_take() -> None:
    app = App()
    targets = ["/hit-1", "/hit-2", "/slow-3", "/hit-4", "/slow-5", "/hit-6"]
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(b"".join(asking(target) for target in targets))
        answers = await heads(reader, len(targets))

    assert [answer.split()[-1] for answer in answers] == targets
    assert answers[:3] == ["at once /hit-1", "at once /hit-2", "common /slow-3"]


async def test_a_request_that_comes_in_pieces_is_answered_once() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        for piece in (b"GET /hi", b"t HTTP/1.1\r\nHo", b"st: x\r\n", b"\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        answers = await heads(reader, 1)

    assert answers == ["at once /hit"]
    assert app.asked == ["at once /hit"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(asking("/hit", method="POST", version="1.1"), id="another method"),
        pytest.param(asking("/hit", "Content-Length: 0"), id="a body may follow"),
        pytest.param(asking("/hit", "Content-Length: 2") + b"ab", id="a body follows"),
        pytest.param(asking("/hit", "Upgrade: something"), id="another protocol is asked for"),
    ],
)
async def test_what_is_no_plain_read_takes_the_common_way(request_bytes: bytes) -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(request_bytes)
        answers = await heads(reader, 1)

    assert answers == ["common /hit"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(asking("/hit", "Connection: close"), id="the client asks for it"),
        pytest.param(asking("/hit", version="1.0"), id="HTTP/1.0"),
    ],
)
async def test_the_connection_ends_with_an_answer_after_which_it_must(request_bytes: bytes) -> None:
    async with serving(App()) as port, connected(port) as (reader, writer):
        writer.write(request_bytes)
        received = await reader.read()

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close" in head.lower()
    assert body == b"/hit"


async def test_a_connection_ends_after_as_many_requests_as_hypercorn_allows() -> None:
    async with (
        serving(App(), keep_alive_max_requests=3) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(asking("/hit") * 5)
        received = await reader.read()

    answers = received.count(b"HTTP/1.1 200 OK")
    assert received.lower().count(b"connection: close") == 1
    assert answers == 4


async def test_requests_that_come_one_by_one_count_as_those_that_come_together() -> None:
    async with (
        serving(App(), keep_alive_max_requests=3) as port,
        connected(port) as (reader, writer),
    ):
        closing = []
        for _ in range(4):
            writer.write(asking("/hit"))
            head = await reader.readuntil(b"\r\n\r\n")
            closing.append(b"\r\nconnection: close" in head.lower())
            assert await reader.readexactly(4) == b"/hit"
        assert await reader.read() == b""

    assert closing == [False, False, False, True]


async def test_head_tells_the_length_and_sends_no_body() -> None:
    async with serving(App()) as port, connected(port) as (reader, writer):
        writer.write(asking("/hit", method="HEAD") + asking("/hit-2"))
        first = await reader.readuntil(b"\r\n\r\n")
        second = await heads(reader, 1)

    assert b"content-length: 4\r\n" in first
    assert second == ["at once /hit-2"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/hit", "/hit-304"])
async def test_what_h11_reads_and_what_it_does_not_is_answered_with_the_same_bytes(
    method: str, target: str
) -> None:
    """A raw byte in a value is legal, and h11's."""
    answers = []
    async with serving(App()) as port, connected(port) as (reader, writer):
        for lines in ([], ["X-Name: caf\u00e9"], []):
            writer.write(asking(target, *lines, method=method))
            head = await reader.readuntil(b"\r\n\r\n")
            has_body = method == "GET" and target == "/hit"
            body = await reader.readexactly(len(target)) if has_body else b""
            answers.append((re.sub(rb"\r\ndate: [^\r]*", b"\r\ndate", head), body))

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0].startswith(b"HTTP/1.1 304 Not" if "304" in target else b"HTTP/1.1 200 OK")


async def test_a_server_that_stops_closes_behind_the_answer_that_it_still_writes() -> None:
    """The reader takes nothing until the server has been told to stop."""
    server = serving(App(), graceful_timeout=10.0)
    async with connected(await server.__aenter__()) as (reader, writer):
        writer.write(asking("/hit-large"))
        await reader.readuntil(b"\r\n\r\n")
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        body = await reader.readexactly(len(LARGE))
        assert await reader.read() == b""
        await stopping

    assert body == LARGE


async def test_an_answer_carries_its_date_once() -> None:
    async with serving(App()) as port, connected(port) as (reader, writer):
        writer.write(asking("/hit"))
        head = await reader.readuntil(b"\r\n\r\n")

    assert head.lower().count(b"\r\ndate: ") == 1


async def test_a_slow_reader_gets_every_byte_of_a_large_answer() -> None:
    async with (
        serving(App(), keep_alive_timeout=KEPT_SECONDS / 4) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(asking("/hit-large"))
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(KEPT_SECONDS)
        body = await reader.readexactly(len(LARGE))

    assert body == LARGE


async def test_an_idle_connection_is_closed_and_a_used_one_is_not() -> None:
    """Longer than it may be idle, the second one asks at shorter intervals."""
    async with (
        serving(App(), keep_alive_timeout=KEPT_SECONDS) as port,
        connected(port) as (idle, _),
        connected(port) as (reader, writer),
    ):
        for _ in range(24):
            writer.write(asking("/hit"))
            assert await heads(reader, 1) == ["at once /hit"]
            await asyncio.sleep(KEPT_SECONDS / 16)
        assert await idle.read() == b""
        assert not reader.at_eof()
        assert await reader.read() == b""


async def test_a_request_at_work_is_no_idle_connection() -> None:
    app = App()
    app.may_answer.clear()
    async with (
        serving(app, keep_alive_timeout=KEPT_SECONDS / 4) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(asking("/slow"))
        await asyncio.sleep(KEPT_SECONDS)
        app.may_answer.set()
        assert await heads(reader, 1) == ["common /slow"]


async def test_an_idle_connection_does_not_hold_up_the_end_of_the_server() -> None:
    server = serving(App(), graceful_timeout=60.0)
    async with connected(await server.__aenter__()) as (reader, writer):
        writer.write(asking("/hit"))
        await heads(reader, 1)
        await server.__aexit__(None, None, None)  # `connected` allows twenty seconds
        assert await reader.read() == b""


async def test_an_unreadable_request_after_a_hit_is_refused_with_a_sentence() -> None:
    async with serving(App()) as port, connected(port) as (reader, writer):
        writer.write(asking("/hit") + b"nonsense\r\n\r\n")
        assert await heads(reader, 1) == ["at once /hit"]
        refused = await reader.read()

    assert refused.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert refused.endswith(b"\r\n\r\nthe request is not valid HTTP\n")
