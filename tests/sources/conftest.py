"""Fixtures of the tests of sources."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from imgproxy_py.sources.fetched import Fetched
from imgproxy_py.sources.fetcher import Fetcher
from tests.sources.origin import Answer, Origin, loopback_policy

Fetch = Callable[..., Awaitable[Fetched]]


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(loopback_policy())
    await fetcher.start()
    yield fetcher
    await fetcher.close()


@pytest.fixture
async def fetch(fetcher: Fetcher, tmp_path: Path) -> AsyncIterator[Fetch]:
    """`fetch(url, **arguments)`: a fetch whose policy allows loopback; closed after the test."""
    opened: list[Fetched] = []

    async def fetch(url: str, **arguments: object) -> Fetched:
        fetched = await fetcher.fetch(url, spool_directory=tmp_path, **arguments)  # type: ignore[arg-type]
        opened.append(fetched)
        return fetched

    yield fetch
    for fetched in opened:
        await fetched.aclose()


async def body_of(fetch: Fetch, answer: Answer | bytes, **changes: object) -> bytes:
    """The body that was fetched, or the error that ended it."""
    async with Origin(answer) as origin:
        fetched = await fetch(origin.url(), policy=loopback_policy(**changes))
        await fetched.spool.wait_ended()
        return fetched.spool.read()
