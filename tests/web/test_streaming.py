"""Answers that stream: they end with their client, and wait for none for ever."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from imgproxy_py.jobs.errors import StreamsExceeded
from imgproxy_py.web.api.open_streams import OpenStreams
from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.reply import Receive, Reply, Scope, Send
from imgproxy_py.web.server import listen, serve
from imgproxy_py.web.streaming import send_while_present
from tests.waiting import until


class Client:
    """What an ASGI server tells of a client, and what it hears for it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.has_ended = False
        self.leaves = asyncio.Event()
        self.is_stalled = False

    async def receive(self) -> MutableMapping[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if self.is_stalled:
            await asyncio.Event().wait()
        if message["type"] == "http.response.body":
            self.heard.append(message["body"])
            self.has_ended = not message.get("more_body", False)


class Endless:
    """A stream that goes on until it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"more"
                await asyncio.sleep(0.01)
        finally:
            self.is_closed = True


async def send(client: Client, stream: AsyncGenerator[bytes, None], **more: Any) -> None:
    reply = Reply(status=200, stream=stream)
    await send_while_present(client.send, reply, Incoming(client.receive), method="GET", **more)


async def test_a_stream_is_sent_to_its_end() -> None:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"a"
        yield b"b"

    client = Client()
    await send(client, chunks())

    assert (b"".join(client.heard), client.has_ended) == (b"ab", True)


async def test_a_client_that_leaves_ends_its_stream() -> None:
    client, endless = Client(), Endless()
    async with asyncio.timeout(5):
        sending = asyncio.create_task(send(client, endless.chunks()))
        await until(lambda: bool(client.heard))
        client.leaves.set()
        await sending

    assert endless.is_closed


async def test_a_client_that_takes_nothing_ends_its_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, endless = Client(), Endless()
    client.is_stalled = True
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(5):
            await send(client, endless.chunks(), stalled_seconds=0.05)

    assert "an answer was broken off: the client stalled" in caplog.text


async def test_a_stream_that_fails_is_never_told_to_be_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"half"
        raise OSError("the disk is gone")

    client = Client()
    with caplog.at_level(logging.WARNING):
        await send(client, chunks())

    assert (client.heard, client.has_ended) == ([b"half"], False)
    assert "an answer was broken off: the disk is gone" in caplog.text


async def test_the_end_of_the_drain_closes_a_stream() -> None:
    client, endless = Client(), Endless()
    sending = asyncio.create_task(send(client, endless.chunks()))
    await until(lambda: bool(client.heard))

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert endless.is_closed


async def test_an_account_has_only_so_many_streams_at_a_time() -> None:
    streams = OpenStreams(max_streams=2)
    first, second = (streams.claim("a").hand_to(Endless().chunks()) for _ in range(2))

    with streams.claim("b"), pytest.raises(StreamsExceeded) as refused:
        streams.claim("a")
    await first.aclose()
    with streams.claim("a"):
        pass
    await second.aclose()

    assert str(refused.value) == (
        "this account has 2 event streams and ZIP downloads open, the most at a time; close one "
        "first"
    )


async def test_a_claim_that_no_stream_takes_is_given_back() -> None:
    streams = OpenStreams(max_streams=1)
    with streams.claim("a"):
        pass

    with streams.claim("a") as claim:
        stream = claim.hand_to(Endless().chunks())
    with pytest.raises(StreamsExceeded):
        streams.claim("a")
    await stream.aclose()
    with streams.claim("a"):
        pass


@asynccontextmanager
async def served(
    chunks: Callable[[], AsyncGenerator[bytes, None]], *, announced_bytes: int | None
) -> AsyncIterator[int]:
    """The port of the real server, which answers every request with this stream."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            reply = Reply(status=200, stream=chunks(), stream_bytes=announced_bytes)
            await send_while_present(send, reply, Incoming(receive), method="GET")

    sock, shutdown = listen("127.0.0.1", 0), asyncio.Event()
    sock.listen()
    port = sock.getsockname()[1]
    serving = asyncio.create_task(serve(app, sock, shutdown=shutdown, graceful_seconds=1))
    try:
        yield port
    finally:
        shutdown.set()
        await serving


async def asked(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return reader, writer


@pytest.mark.parametrize("announced_bytes", [1000, None], ids=["with a length", "in chunks"])
async def test_a_client_can_tell_an_answer_that_was_broken_off(
    announced_bytes: int | None,
) -> None:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"half"
        raise OSError("the disk is gone")

    async with served(chunks, announced_bytes=announced_bytes) as port, asyncio.timeout(10):
        reader, writer = await asked(port)
        body = (await reader.read()).partition(b"\r\n\r\n")[2]
        writer.close()

    assert b"half" in body
    assert len(body) < 1000
    assert not body.endswith(b"0\r\n\r\n")


async def test_a_real_client_that_leaves_ends_its_stream() -> None:
    endless = Endless()
    async with served(endless.chunks, announced_bytes=None) as port, asyncio.timeout(10):
        reader, writer = await asked(port)
        await reader.readuntil(b"more")
        assert not endless.is_closed
        writer.close()
        await until(lambda: endless.is_closed)
