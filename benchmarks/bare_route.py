"""A bare Starlette route on the same hypercorn: what an answer of these bytes costs at least.

    python -m benchmarks.bare_route FILE          hypercorn as it is installed
    python -m benchmarks.bare_route --wire FILE   with what `web/wire.py` changes in it

Answers GET with the file and, where `If-None-Match` names it, with 304. Prints its port.
"""

import argparse
import asyncio
from pathlib import Path

import uvloop
from hypercorn.asyncio import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgproxy_py import heap
from imgproxy_py.web.server import hypercorn_config, listen
from imgproxy_py.web.wire import prepare_hypercorn

ETAG = '"bare"'


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.bare_route")
    parser.add_argument("file", type=Path)
    parser.add_argument("--wire", action="store_true")
    asked = parser.parse_args()
    if asked.wire:
        prepare_hypercorn()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(asked.file.read_bytes()))


async def _run(body: bytes) -> None:
    sock = listen("127.0.0.1", 0)
    print(sock.getsockname()[1], flush=True)
    heap.settle()
    config = hypercorn_config(sock, graceful_seconds=0.0)
    await serve(_app(body), config, shutdown_trigger=asyncio.Event().wait)  # type: ignore[arg-type]


def _app(body: bytes) -> Starlette:
    async def answer(request: Request) -> Response:
        headers = {"ETag": ETAG, "Cache-Control": "max-age=3600"}
        if request.headers.get("if-none-match") == ETAG:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="image/jpeg", headers=headers)

    return Starlette(routes=[Route("/{path:path}", answer)])


if __name__ == "__main__":
    main()
