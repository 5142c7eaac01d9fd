"""Renewal of stale sources in the background: whose, how many, and what it leaves behind."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import RateLimited
from imgproxy_py.service import renewing
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.making import Maker
from imgproxy_py.service.renewing import Renewer
from imgproxy_py.service.request import Request
from imgproxy_py.sources.fetcher import Fetcher
from options_grammar import parse
from tests.service.opening import opener
from tests.service.ordering import Ordering, ordering
from tests.sources.origin import Origin, loopback_policy, ok
from tests.waiting import until

STALE = "Cache-Control: max-age=0, stale-while-revalidate=600"


@dataclass(kw_only=True)
class Renewing:
    """A renewer over a real store, fetcher and meter, and a scripted engine."""

    shop: Ordering
    renewer: Renewer
    maker: Maker
    paced: list[str] = field(default_factory=list)
    is_too_fast: bool = False

    def pace(self, account: Account) -> None:
        self.paced.append(account.username)
        if self.is_too_fast:
            raise RateLimited(policy="account", limit=1, retry_after_seconds=1)

    def offer(self, url: str, *, account: str = "ada", options: str = "10") -> Request:
        request = Request(
            username=account,
            options=parse(options).options,
            deadline=time.monotonic() + 10,
            source_url=url,
        )
        self.renewer.offer(request, self.shop.accounts[account])
        return request

    async def is_done(self) -> None:
        await until(lambda: len(self.renewer) == 0)


@pytest.fixture
async def renewing_(tmp_path: Path) -> AsyncIterator[Renewing]:
    async with _renewing(tmp_path) as made:
        yield made


@asynccontextmanager
async def _renewing(directory: Path) -> AsyncIterator[Renewing]:
    async with ordering(directory) as shop:
        fetcher = Fetcher(loopback_policy())
        await fetcher.start()
        optimizer = shop.desk.optimizer
        sources = opener(fetcher, optimizer.sources.inside, shop.results, shop.spools)
        made: Renewing

        def pace(account: Account) -> None:
            made.pace(account)

        renewer = Renewer(sources=sources, maker=optimizer.maker, meter=shop.meter, pace=pace)
        made = Renewing(shop=shop, renewer=renewer, maker=optimizer.maker)
        try:
            yield made
        finally:
            await renewer.close()
            await sources.fetches.close()
            await fetcher.close()


async def test_a_new_source_becomes_a_result_and_costs_the_account_that_asked_one_image(
    renewing_: Renewing,
) -> None:
    async with Origin(ok(b"GIF89a", STALE)) as origin:
        request = renewing_.offer(origin.url(), account="bob")
        await renewing_.is_done()

    found = await renewing_.maker.known.of_url(request, Keys.of(request))
    assert found is not None
    assert renewing_.paced == ["bob"]
    assert (await renewing_.shop.used("bob"), await renewing_.shop.used("ada")) == (1, 0)


async def test_one_source_is_asked_for_once_however_often_it_is_offered(
    renewing_: Renewing,
) -> None:
    async with Origin(ok(b"GIF89a", STALE)) as origin:
        for options in ("10", "20", "30"):
            renewing_.offer(origin.url(), options=options)
        await renewing_.is_done()

        assert len(origin.requests) == 1


async def test_an_unchanged_source_costs_nothing(renewing_: Renewing) -> None:
    async with Origin(ok(b"GIF89a", STALE)) as origin:
        renewing_.offer(origin.url())
        await renewing_.is_done()
        renewing_.offer(origin.url())
        await renewing_.is_done()

        assert len(origin.requests) == 2
    assert renewing_.shop.engine.runs == 1
    assert await renewing_.shop.used() == 1


async def test_an_account_beyond_its_pace_has_nothing_renewed(renewing_: Renewing) -> None:
    renewing_.is_too_fast = True
    async with Origin(ok(b"GIF89a", STALE)) as origin:
        renewing_.offer(origin.url())
        await renewing_.is_done()

        assert origin.requests == []


async def test_no_more_than_a_few_are_asked_for_at_a_time_and_all_in_the_end(
    renewing_: Renewing,
) -> None:
    gate = asyncio.Event()

    async def held(_: object, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(ok(b"GIF89a", STALE))

    async with Origin(held) as origin:
        for number in range(3 * renewing.MAX_AT_ONCE):
            renewing_.offer(origin.url(f"/{number}.png"))
        await until(lambda: len(origin.requests) == renewing.MAX_AT_ONCE)
        assert len(renewing_.renewer) == 3 * renewing.MAX_AT_ONCE
        gate.set()
        await renewing_.is_done()

        assert len(origin.requests) == 3 * renewing.MAX_AT_ONCE


async def test_what_is_too_much_is_passed_over(renewing_: Renewing) -> None:
    for number in range(2 * renewing.MAX_WAITING):
        renewing_.offer(f"http://127.0.0.1:1/{number}.png")

    assert len(renewing_.renewer) <= renewing.MAX_WAITING + renewing.MAX_AT_ONCE


async def test_closing_ends_it_all_and_nothing_comes_after(renewing_: Renewing) -> None:
    async with Origin(ok(b"GIF89a", STALE)) as origin:
        renewing_.offer(origin.url("/a.png"))
        await renewing_.renewer.close()
        renewing_.offer(origin.url("/b.png"))

        await until(lambda: len(renewing_.renewer) == 0)
        assert "/b.png" not in [request.target for request in origin.requests]
