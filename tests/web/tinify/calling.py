"""What tinify clients send, and what they read of an answer."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.web.server import API_KEY, Answer, RunningServer

JSON = {"Content-Type": "application/json"}


def basic(key: str = API_KEY) -> dict[str, str]:
    """The header of HTTP Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}


def shrink(server: RunningServer, data: bytes, **headers: str) -> Answer:
    """The picture itself, without a label unless one is given; underscores stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask("POST", "/shrink", basic() | named, data)


def shrunk(server: RunningServer, data: bytes) -> str:
    """Where the output of a picture is."""
    answer = shrink(server, data)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def output(
    server: RunningServer,
    location: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    **commands: Any,
) -> Answer:
    named = basic() if headers is None else headers
    body = json.dumps(commands).encode() if commands else None
    return server.ask(method, location, {**named, **(JSON if commands else {})}, body)


def count(answer: Answer) -> int:
    return int(answer.headers["Compression-Count"])


def failure(answer: Answer) -> tuple[int, str, str]:
    """Status, kind and words of an error, whose form is checked here."""
    assert answer.headers["Content-Type"] == "application/json"
    told = json.loads(answer.body)
    assert list(told) == ["error", "message"]
    return answer.status, told["error"], told["message"]
