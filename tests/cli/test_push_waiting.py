"""What a push waits for and what it takes for an answer, against a server that says it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from imgproxy_py.cli.push.client import Client, Request
from imgproxy_py.cli.push.errors import PushError, Refused, Unreachable
from imgproxy_py.cli.push.show import shown
from tests.ports import free_port
from tests.serving import Quiet, serving


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """One answer; `is_cut` closes the connection after half of its body."""

    status: int = 200
    told: dict[str, Any] = field(default_factory=lambda: {"is_good": True})
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False


@contextmanager
def answering(*script: Scripted) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that gives these answers, one after another, and the headers that it was sent."""
    waiting = list(script)
    heard: list[dict[str, str]] = []

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(dict(self.headers))
            answer = waiting.pop(0)
            body = json.dumps(answer.told).encode()
            self.send_response(answer.status)
            for name, value in (answer.headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.is_cut else body)

    with serving(Handler) as server:
        yield f"http://127.0.0.1:{server.server_port}", heard


async def ask(url: str, *, patience_seconds: float = 10.0) -> dict[str, Any]:
    client = Client(url, "opt_key", connections=1, patience_seconds=patience_seconds)
    try:
        return await client.ask_json(Request(path="/x"))
    finally:
        await client.close()


def problem(status: int, code: str, **headers: str) -> Scripted:
    told = {"detail": "because", "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scripted(status=status, told=told, headers=named)


@pytest.mark.parametrize(
    "passing",
    [
        pytest.param(problem(429, "rate_limited", Retry_After="0"), id="a rate limit"),
        pytest.param(problem(503, "overloaded", Retry_After="0"), id="overload"),
        pytest.param(problem(409, "idempotency_in_progress", Retry_After="0"), id="in progress"),
        pytest.param(Scripted(status=502, headers={"Retry-After": "0"}), id="a proxy's error"),
        pytest.param(Scripted(is_cut=True), id="a broken answer"),
    ],
)
async def test_what_passes_is_waited_for(passing: Scripted) -> None:
    with answering(passing, passing, Scripted()) as (url, heard):
        assert await ask(url) == {"is_good": True}

    assert len(heard) == 3
    assert {headers["X-API-Key"] for headers in heard} == {"opt_key"}


REFUSED = "the server refused this"
LIMITED = "a proxy in front of the server may take less than it does (nginx: client_max_body_size)"
WRONG_KEY = "give the right key with --api-key or in IMGPROXY_PY_API_KEY"
USED_UP = "wait for the next month, or ask for a larger plan; then run the same command again"
MOVED = "it points to https://new.example/; give the address that it has now with --url"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (problem(401, "api_key_invalid"), f"(401 api_key_invalid): because; {WRONG_KEY}"),
        (problem(402, "quota_exceeded"), f"(402 quota_exceeded): because; {USED_UP}"),
        (
            Scripted(status=413, told={}),
            f"(413 http_413): Request Entity Too Large; {LIMITED}",
        ),
        (problem(409, "results_expired"), "(409 results_expired): because"),
        (
            Scripted(status=301, headers={"Location": "https://new.example/"}),
            f"(301 redirected): {MOVED}",
        ),
    ],
)
async def test_what_does_not_pass_is_told_at_once(answer: Scripted, words: str) -> None:
    with answering(answer) as (url, heard), pytest.raises(Refused) as caught:
        await ask(url)

    assert str(caught.value) == f"{REFUSED} {words}"
    assert len(heard) == 1


async def test_patience_ends() -> None:
    port = free_port()

    with pytest.raises(Unreachable) as caught:
        await ask(f"http://127.0.0.1:{port}", patience_seconds=1.0)

    said = re.sub(r"\d+ s", "N s", str(caught.value))
    assert said == (
        f"the server could not be had for N s: cannot connect to 127.0.0.1:{port} "
        "(Connection refused); run the same command again to go on from here"
    )


def test_each_reason_to_wait_is_told_once_where_nobody_watches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with shown(is_shown=False) as show:
        for why in ("it answers 503", "it answers 503", "it answers 429"):
            show.waits(why)

    assert capsys.readouterr().err.splitlines() == [
        "waiting for the server: it answers 503",
        "waiting for the server: it answers 429",
    ]


async def test_a_fault_in_what_is_sent_is_told_as_it_is() -> None:
    hung_up = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        hung_up.set()

    async def body() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise PushError("the second half is gone")

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", "opt_key", connections=1)
    async with server:
        try:
            with pytest.raises(PushError) as caught:
                await client.ask_json(Request(path="/x", method="POST", body=body))
        finally:
            await client.close()
            await asyncio.wait_for(hung_up.wait(), 20)

    assert str(caught.value) == "the second half is gone"
