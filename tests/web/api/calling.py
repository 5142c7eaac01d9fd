"""Calls of the API as clients write them, in each of the three encodings."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.web.server import API_KEY, Answer, RunningServer

OPTIMIZE = "/api/optimize"
BOUNDARY = "b0undary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

NINE_KEYS = [
    "optimized_url",
    "original_size",
    "optimized_size",
    "saved_bytes",
    "percent",
    "format",
    "width",
    "height",
    "cached",
]


def with_key(key: str = API_KEY, **more: str) -> dict[str, str]:
    """Headers of a call; underscores stand for hyphens."""
    return {"X-API-Key": key} | {name.replace("_", "-"): value for name, value in more.items()}


def form(
    fields: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    files: Sequence[tuple[str, str, bytes]] = (),
    *,
    boundary: str = BOUNDARY,
) -> bytes:
    """A multipart body; a file is its field, its file name and its bytes."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    parts = [_part(boundary, f'form-data; name="{name}"', text.encode()) for name, text in pairs]
    parts += [
        _part(boundary, f'form-data; name="{name}"; filename="{filename}"', data)
        for name, filename, data in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _part(boundary: str, disposition: str, data: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def post(
    server: RunningServer,
    body: bytes,
    media_type: str = MULTIPART,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    named = with_key() if headers is None else headers
    return server.ask("POST", OPTIMIZE, {"Content-Type": media_type, **named}, body)


def optimize(
    server: RunningServer,
    picture: bytes | str,
    *,
    headers: Mapping[str, str] | None = None,
    filename: str = "photo.jpg",
    **fields: str,
) -> Answer:
    """One picture, by its bytes or by its URL."""
    if isinstance(picture, str):
        body = urlencode({"url": picture, **fields}).encode()
        return post(server, body, "application/x-www-form-urlencoded", headers=headers)
    return post(server, form(fields, [("image", filename, picture)]), headers=headers)


def done(answer: Answer) -> dict[str, Any]:
    """The JSON of a call that went well; the answer itself explains another one."""
    assert answer.status == 200, answer.body.decode("utf-8", "replace")
    told: dict[str, Any] = json.loads(answer.body)
    return told


def problem(answer: Answer) -> tuple[int, str, str]:
    """Status, code and words of a problem (RFC 9457), whose form is checked here."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.body
    told = json.loads(answer.body)
    assert told["status"] == answer.status
    assert told["title"] == answer.reason
    assert told["request_id"] == answer.headers["X-Request-Id"]
    return answer.status, told["code"], told["detail"]


def path_of(told: Mapping[str, Any], server: RunningServer) -> str:
    """The path of the result, on this very server."""
    url: str = told["optimized_url"]
    assert url.startswith(f"{server.url}/results/")
    return url.removeprefix(server.url)
