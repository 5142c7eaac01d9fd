"""Time: no origin, however slow, holds a fetch longer than its limits."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.sources.fetcher import Fetcher
from tests.sources.conftest import Fetch, body_of
from tests.sources.origin import CHUNKED, Answer, Origin, drip, loopback_policy, then_silence


def limits(**changes: float) -> dict[str, Any]:
    return dict(changes)


@pytest.mark.parametrize(
    ("answer", "changes"),
    [
        pytest.param(
            then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npict"),
            limits(idle_timeout_seconds=0.2),
            id="silence within the body",
        ),
        pytest.param(
            then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
            limits(idle_timeout_seconds=0.2),
            id="silence after the headers",
        ),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"x", every_seconds=0.05),
            limits(total_timeout_seconds=0.3),
            id="one byte at a time",
        ),
        pytest.param(
            drip(CHUNKED, b"1\r\nx\r\n", every_seconds=0.05),
            limits(total_timeout_seconds=0.3),
            id="chunks for ever",
        ),
        pytest.param(then_silence(b""), limits(first_byte_timeout_seconds=0.2), id="no answer"),
        pytest.param(
            drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", every_seconds=0.02),
            limits(connect_timeout_seconds=0.2, first_byte_timeout_seconds=0.2),
            id="headers for ever",
        ),
        pytest.param(then_silence(b""), limits(total_timeout_seconds=0.2), id="total, no answer"),
    ],
)
async def test_an_origin_that_takes_too_long_is_given_up(
    fetch: Fetch, answer: Answer, changes: dict[str, Any]
) -> None:
    began = time.monotonic()

    with pytest.raises(OriginTimeout, match="in time"):
        await body_of(fetch, answer, **changes)

    assert time.monotonic() - began < 20


async def test_the_deadline_of_the_request_ends_a_fetch(fetch: Fetch) -> None:
    async with Origin(then_silence(b"")) as origin:
        with pytest.raises(OriginTimeout):
            await fetch(origin.url(), deadline=time.monotonic() + 0.2)
        with pytest.raises(OriginTimeout, match="no time left"):
            await fetch(origin.url(), deadline=time.monotonic() - 1)


async def test_a_slow_but_steady_body_outlives_the_idle_limit(fetch: Fetch) -> None:
    async def steady(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for _i in range(6):
            await asyncio.sleep(0.25)
            writer.write(b"x")

    assert await body_of(fetch, steady, idle_timeout_seconds=1.2) == b"xxxxxx"


async def test_a_name_server_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async def silent(_: str) -> list[str]:
        await asyncio.sleep(60)
        return []

    fetcher = Fetcher(loopback_policy(connect_timeout_seconds=0.2), resolver=silent)
    with pytest.raises(OriginTimeout, match="could not be connected in time"):
        await fetcher.fetch("http://slow.example/", spool_directory=tmp_path)
    await fetcher.close()


async def test_a_host_that_does_not_take_the_connection_is_given_up(fetch: Fetch) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    waiting = [socket.socket() for _ in range(4)]
    for client in waiting:  # fill the backlog; the kernel then leaves new ones unanswered
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
    policy = loopback_policy(connect_timeout_seconds=0.2)
    try:
        with pytest.raises(OriginTimeout, match="could not be connected in time"):
            await fetch(f"http://127.0.0.1:{port}/", policy=policy)
    finally:
        for opened in (listener, *waiting):
            opened.close()


async def test_a_host_that_never_speaks_tls_is_given_up(fetch: Fetch) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
    try:
        with pytest.raises(OriginTimeout, match="could not be connected in time"):
            await fetch(url, policy=loopback_policy(connect_timeout_seconds=0.2))
    finally:
        listener.close()
