"""Bodies: whole ones, and every way of not being one."""

import asyncio
import gzip
import hashlib

import pytest

from imgproxy_py.sources.errors import (
    OriginFailed,
    SourceEncoded,
    SourceError,
    SourceTooLarge,
    SourceTruncated,
)
from tests.sources.conftest import Fetch, body_of
from tests.sources.origin import (
    CHUNKED,
    Answer,
    Origin,
    drip,
    ok,
    then_close,
    then_silence,
)

OPEN_ENDED = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ok(b"picture"), id="with Content-Length"),
        pytest.param(CHUNKED + b"3\r\npic\r\n4\r\nture\r\n0\r\n\r\n", id="chunked"),
        pytest.param(then_close(OPEN_ENDED + b"picture"), id="until the connection ends"),
        pytest.param(then_close(b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"picture")), id="after 1xx"),
        pytest.param(ok(b"picture", "Content-Encoding: identity"), id="said to be as it is"),
    ],
)
async def test_a_whole_body_arrives_complete_and_hashed(
    fetch: Fetch, answer: Answer | bytes
) -> None:
    async with Origin(answer) as origin:
        fetched = await fetch(origin.url())
        await fetched.done

        assert fetched.spool.is_complete
        assert fetched.spool.read() == b"picture"
        assert fetched.spool.sha256 == hashlib.sha256(b"picture").hexdigest()


async def test_what_came_with_its_head_is_whole_before_anybody_waits(fetch: Fetch) -> None:
    async with Origin(ok(b"picture")) as origin:
        fetched = await fetch(origin.url())

        assert fetched.done.done()
        assert fetched.spool.read() == b"picture"


async def test_a_large_body_arrives_byte_for_byte(fetch: Fetch) -> None:
    body = bytes(range(256)) * 20_000

    assert await body_of(fetch, ok(body)) == body


async def test_bytes_are_there_while_the_rest_is_still_on_its_way(fetch: Fetch) -> None:
    go_on = asyncio.Event()

    async def halting(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
        await go_on.wait()
        writer.write(b"rest")

    async with Origin(halting) as origin:
        fetched = await fetch(origin.url())
        assert await fetched.spool.wait_progress(0) == 4
        assert fetched.spool.head(100) == b"half"
        assert not fetched.spool.is_complete
        go_on.set()
        assert await fetched.spool.wait_progress(4) == 8


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npicture"),
            id="shorter than its Content-Length",
        ),
        pytest.param(then_close(CHUNKED + b"9\r\npicture"), id="cut within a chunk"),
        pytest.param(then_close(CHUNKED + b"7\r\npicture\r\n"), id="cut before the last chunk"),
    ],
)
async def test_a_cut_body_is_truncated_and_never_complete(fetch: Fetch, answer: Answer) -> None:
    async with Origin(answer) as origin:
        fetched = await fetch(origin.url())
        await fetched.done

        assert isinstance(fetched.spool.failure, SourceTruncated)
        assert fetched.spool.failure.code == "source_truncated"
        assert not fetched.spool.is_complete


async def test_bytes_beyond_the_announced_length_reach_nobody(fetch: Fetch) -> None:
    answers = [ok(b"picture") + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", ok(b"second")]
    async with Origin(*answers) as origin:
        bodies = []
        for _ in range(2):
            fetched = await fetch(origin.url())
            await fetched.done
            bodies.append(fetched.spool.read())

    assert bodies == [b"picture", b"second"]
    assert origin.connections == 2


async def test_garbage_beyond_the_announced_length_never_becomes_the_source(fetch: Fetch) -> None:
    async with Origin(then_close(ok(b"picture") + b"garbage" * 100)) as origin:
        try:
            fetched = await fetch(origin.url())
        except OriginFailed:
            return
        await fetched.done
        assert fetched.spool.read() in {b"", b"picture"}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ok(b"x" * 101), id="announced"),
        pytest.param(then_close(OPEN_ENDED + b"x" * 101), id="of unknown length"),
        pytest.param(
            drip(CHUNKED, b"64\r\n" + b"x" * 100 + b"\r\n", every_seconds=0.01), id="endless"
        ),
    ],
)
async def test_a_body_over_the_limit_is_too_large(fetch: Fetch, answer: Answer | bytes) -> None:
    with pytest.raises(SourceTooLarge, match="at most 100 bytes"):
        await body_of(fetch, answer, max_source_bytes=100)


async def test_a_body_of_exactly_the_limit_is_taken(fetch: Fetch) -> None:
    assert len(await body_of(fetch, ok(b"x" * 100), max_source_bytes=100)) == 100


BOMB = gzip.compress(b"\0" * 1_000_000)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ok(BOMB, "Content-Encoding: gzip"), id="gzip"),
        pytest.param(ok(BOMB, "content-encoding: identity, br"), id="the last of several"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            id="as a transfer coding",
        ),
    ],
)
async def test_a_compressed_body_is_refused_before_it_is_read(fetch: Fetch, answer: bytes) -> None:
    with pytest.raises(SourceEncoded, match="compressed body although none was asked for"):
        await body_of(fetch, answer)


async def test_closing_a_fetch_stops_it_and_tells_whoever_waits(fetch: Fetch) -> None:
    async with Origin(then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npict")) as origin:
        fetched = await fetch(origin.url())
        waiter = asyncio.create_task(fetched.spool.wait_ended())
        await fetched.spool.wait_progress(0)
        await fetched.aclose()

        with pytest.raises(SourceError):
            await waiter
        assert fetched.done.done()


async def test_a_fetch_closed_at_once_leaves_nothing_behind(fetch: Fetch) -> None:
    async with Origin(then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npict")) as origin:
        fetched = await fetch(origin.url())
        await fetched.aclose()

        assert fetched.spool.fileno() == -1
        assert fetched.spool.failure is not None
