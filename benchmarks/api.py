"""What the accounts cost: a cached `POST /api/optimize` with and without everything about them.

    python -m benchmarks.api

Both calls are answered in one process, by the same code over the same store; the second comes
through a surface that knows no keys, limits, quotas and usage. They take turns in short rounds, so
that a drifting machine moves both. CPU is user and system time of the process with all its
threads. What is counted in memory is written at the end of every round and belongs to it.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.api_sides import KEY, Sides, both_sides
from imgproxy_py.web.api.form import JSON
from imgproxy_py.web.api.surface import ApiSurface
from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import read_head
from tests.pictures import landscape
from tests.web.api.calling import MULTIPART, form

LIMIT_MS = 1.0
ROUNDS = 21
CALLS = 200  # per round


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Milliseconds of CPU a call: medians of the rounds, and the median of their differences."""

    with_accounts: float
    without: float
    difference: float


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Asks both sides in turns."""

    sides: Sides

    async def measure(
        self, body: bytes, media_type: str, *, rounds: int = ROUNDS, calls: int = CALLS
    ) -> Figures:
        """The first call is the one that has the result made; the others find it."""
        scope = _scope(media_type, len(body))
        first = await _reply(self.sides.with_accounts, scope, body)
        assert first.status == 200, bytes(first.body)
        measured: list[tuple[float, float]] = []
        for _ in range(rounds):
            dear = await self._round(
                self.sides.with_accounts, scope, body, calls, flush=self.sides.flush
            )
            cheap = await self._round(self.sides.without, scope, body, calls)
            measured.append((dear, cheap))
        return Figures(
            with_accounts=statistics.median(dear for dear, _ in measured),
            without=statistics.median(cheap for _, cheap in measured),
            difference=statistics.median(dear - cheap for dear, cheap in measured),
        )

    async def _round(
        self,
        surface: ApiSurface,
        scope: MutableMapping[str, Any],
        body: bytes,
        calls: int,
        *,
        flush: Callable[[], Awaitable[None]] | None = None,
    ) -> float:
        before = time.process_time()
        for _ in range(calls):
            reply = await _reply(surface, scope, body)
            assert b'"cached": true' in reply.body
        if flush is not None:
            await flush()
        return (time.process_time() - before) * 1000 / calls


def _scope(media_type: str, length: int) -> MutableMapping[str, Any]:
    headers = [
        (b"host", b"localhost"),
        (b"accept", b"*/*"),
        (b"x-api-key", KEY.encode()),
        (b"content-type", media_type.encode()),
        (b"content-length", str(length).encode()),
    ]
    return {
        "method": "POST",
        "raw_path": b"/api/optimize",
        "query_string": b"",
        "headers": headers,
    }


async def _reply(surface: ApiSurface, scope: MutableMapping[str, Any], body: bytes) -> Reply:
    """One call as the shell makes it; the client stays until it is answered."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    forever = asyncio.get_running_loop().create_future()

    async def receive() -> MutableMapping[str, Any]:
        message = next(messages, None)
        return await forever if message is None else message

    return await surface.reply(read_head(scope), Incoming(receive))


def main() -> None:
    asyncio.run(_measured())


async def _measured() -> None:
    picture: bytes = landscape(640, 480).jpegsave_buffer(Q=88)
    upload = form({"width": "320"}, [("image", "a.jpg", picture)])
    with tempfile.TemporaryDirectory(prefix="api-") as directory:
        async with both_sides(Path(directory)) as sides:
            bench = Bench(sides=sides)
            url = f"{sides.public_url}/static/sample.jpg"
            by_url = json.dumps({"url": url, "width": 320}).encode()
            _print("a source URL in JSON", await bench.measure(by_url, JSON))
            _print(f"an upload of {len(picture)} bytes", await bench.measure(upload, MULTIPART))


def _print(name: str, figures: Figures) -> None:
    verdict = "holds" if figures.difference <= LIMIT_MS else "is broken"
    print(
        f"{name}: {figures.with_accounts:.3f} ms CPU a call with accounts, "
        f"{figures.without:.3f} ms without; {figures.difference:.3f} ms for keys, limits, quota "
        f"and usage: the limit of {LIMIT_MS} ms {verdict}"
    )


if __name__ == "__main__":
    main()
