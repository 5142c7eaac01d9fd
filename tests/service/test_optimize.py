"""The story of a request by username: what is charged, what is only counted."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.result import Meta
from imgproxy_py.service import looked
from imgproxy_py.service.cache_use import HIT, MISS
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer, SourceAnswer
from imgproxy_py.sources.errors import SourceError
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.key import Key
from imgproxy_py.store.records import SourceRecord
from imgproxy_py.workers.errors import DeadlineReached
from options_grammar import parse
from tests.service.ordering import Ordering, ordering
from tests.service.refining import QUICK
from tests.unmetered import Unmetered

GIF = b"GIF89a and no more"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Ordering]:
    async with ordering(tmp_path) as made:
        yield made


async def ask(
    shop: Ordering, source: bytes = GIF, options: str = "10", optimizer: Optimizer | None = None
) -> Answer:
    spool = Spool(shop.spools, max_source_bytes=1 << 20, expected_bytes=len(source))
    spool.write(source)
    spool.finish()
    request = Request(
        username="ada",
        options=parse(options).options,
        deadline=time.monotonic() + 10,
        upload=spool,
    )
    return await (optimizer or shop.desk.optimizer).optimize(request)


class CountingCharges(Unmetered):
    """A meter that tells how often it was asked for an image."""

    charges = 0

    @asynccontextmanager
    async def image_charge(
        self, account: Account, *, reservation_id: str | None = None
    ) -> AsyncIterator[Unmetered]:
        self.charges += 1
        yield self


async def test_what_is_made_costs_one_image_and_what_is_stored_none(shop: Ordering) -> None:
    made, stored = await ask(shop), await ask(shop)

    assert isinstance(made, ImageAnswer)
    assert isinstance(stored, ImageAnswer)
    assert (made.cache, stored.cache) == (MISS, HIT)
    assert await shop.used() == 1
    assert await shop.hits() == (1, 1, 0)


async def test_for_what_is_stored_no_quota_is_looked_at(shop: Ordering) -> None:
    await ask(shop)

    meter = CountingCharges()
    optimizer = replace(shop.desk.optimizer, meter=meter)
    await ask(shop, optimizer=optimizer)
    assert meter.charges == 0

    await ask(shop, b"something new", optimizer=optimizer)
    assert meter.charges == 1


async def test_facts_cost_nothing_and_are_no_image(shop: Ordering) -> None:
    facts = SourceFacts(format=ImageFormat.GIF, width=1, height=1)
    shop.engine.makes = Meta(facts=facts, bytes=len(GIF))

    answer = await ask(shop, options="meta")

    assert isinstance(answer, MetaAnswer)
    assert await shop.used() == 0
    assert await shop.hits() == (0, 0, 0)


async def test_a_failure_gives_its_image_back(shop: Ordering) -> None:
    shop.engine.makes = BrokenImage("cut")

    with pytest.raises(BrokenImage):
        await ask(shop)

    assert await shop.used() == 0
    assert await shop.hits() == (0, 0, 1)


async def test_the_source_itself_at_the_deadline_costs_nothing(shop: Ordering) -> None:
    shop.engine.makes = DeadlineReached(best=None)

    answer = await ask(shop)

    assert isinstance(answer, SourceAnswer)
    assert await shop.used() == 0
    assert await shop.hits() == (0, 0, 1)


async def test_the_best_so_far_at_the_deadline_costs_an_image(shop: Ordering) -> None:
    shop.engine.makes = DeadlineReached(best=QUICK)

    answer = await ask(shop)

    assert isinstance(answer, ImageAnswer)
    assert await shop.used() == 1


async def test_a_result_fed_back_as_an_upload_costs_nothing(shop: Ordering) -> None:
    await ask(shop)

    answer = await ask(shop, QUICK.data)

    assert isinstance(answer, ImageAnswer)
    assert bytes(answer.data) == QUICK.data
    assert (shop.engine.runs, await shop.used()) == (1, 1)


@pytest.mark.parametrize("stop", ["target", "source"])
async def test_a_result_fed_back_by_its_url_costs_nothing(shop: Ordering, stop: str) -> None:
    """The engine sees it first: it makes something else of it, or sees that it is small enough."""
    made = await ask(shop)
    assert isinstance(made, ImageAnswer)
    shop.engine.makes = replace(QUICK, stop=stop)
    request = Request(
        username="ada",
        options=parse("10").options,
        deadline=time.monotonic() + 10,
        source_url=f"http://x/results/{made.record.result_id}",
    )

    answer = await shop.desk.optimizer.optimize(request)

    assert isinstance(answer, ImageAnswer)
    assert bytes(answer.data) == QUICK.data
    assert (shop.engine.runs, await shop.used()) == (2, 1)


async def test_a_source_that_nobody_knows_is_looked_up_once(
    shop: Ordering, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, looked_up = shop.results.records, list[str]()
    look_up = records.source

    async def counted(key: Key) -> SourceRecord | None:
        looked_up.append(key.text)
        return await look_up(key)

    monkeypatch.setattr(records, "source", counted)
    monkeypatch.setattr(looked, "LOOKED_SECONDS", 60.0)  # however busy this machine is
    request = Request(
        username="ada",
        options=parse("10").options,
        deadline=time.monotonic() + 10,
        source_url="http://127.0.0.1:1/a.png",
    )

    with pytest.raises(SourceError):
        await shop.desk.optimizer.optimize(request)

    assert looked_up == ["v1 source http://127.0.0.1:1/a.png"]


async def test_an_account_without_images_left_is_not_a_failure(shop: Ordering) -> None:
    for number in range(10):
        await ask(shop, GIF + bytes([number]))

    with pytest.raises(QuotaExceeded):
        await ask(shop)

    assert shop.engine.runs == 10
    assert await shop.hits() == (10, 0, 0)
