"""Connections over real sockets, in front of an application that has some answers at hand."""

import asyncio
import re

import pytest

from tests.web.app_at_hand import KEPT_SECONDS, LARGE, App, asking, connected, heads, serving


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
