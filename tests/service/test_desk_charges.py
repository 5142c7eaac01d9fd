"""Orders: what each costs of the quota, however many come at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.errors import NotReadyInTime
from imgproxy_py.store.errors import StoreError
from imgproxy_py.workers.errors import DeadlineReached
from tests.service.ordering import Ordering, ordering
from tests.service.refining import QUICK


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Ordering]:
    async with ordering(tmp_path) as made:
        yield made


async def test_a_result_fed_back_costs_nothing(shop: Ordering) -> None:
    await shop.order()

    fed_back = await shop.order(QUICK.data)

    assert (fed_back.is_cached, fed_back.saved_bytes) == (False, 0)
    assert await shop.used() == 1
    assert await shop.hits() == (1, 1, 0)


@pytest.mark.parametrize("failure", [BrokenImage("cut"), DeadlineReached(best=None)])
async def test_a_failure_costs_nothing_and_is_counted(shop: Ordering, failure: Exception) -> None:
    shop.engine.makes = failure

    with pytest.raises((BrokenImage, NotReadyInTime)):
        await shop.order()

    assert await shop.used() == 0
    assert await shop.hits() == (0, 0, 1)


async def test_a_result_that_cannot_be_stored_costs_nothing(shop: Ordering) -> None:
    shop.folder.mkdir(exist_ok=True)
    (shop.folder / "records").write_text("a file where a folder must be")

    with pytest.raises(StoreError):
        await shop.order()

    assert await shop.used() == 0


async def test_with_the_quota_used_up_repeats_are_still_answered(shop: Ordering) -> None:
    for number in range(10):
        await shop.order(b"source %d" % number)

    with pytest.raises(QuotaExceeded):
        await shop.order(b"one more")

    assert (await shop.order(b"source 3")).is_cached is True
    assert shop.engine.runs == 10
    assert await shop.used() == 10
    assert await shop.hits() == (10, 1, 0)


async def test_the_quota_holds_for_orders_at_the_same_time(shop: Ordering) -> None:
    orders = [shop.order(b"source %d" % number) for number in range(32)]

    told = await asyncio.gather(*orders, return_exceptions=True)

    assert sum(isinstance(each, Delivery) for each in told) == 10
    assert sum(isinstance(each, QuotaExceeded) for each in told) == 22
    assert await shop.used() == 10


async def test_the_same_order_many_times_at_once_is_one_piece_of_work_and_one_image(
    shop: Ordering,
) -> None:
    told = await asyncio.gather(*(shop.order() for _ in range(8)))

    assert [each.is_cached for each in told].count(False) == 1
    assert len({each.path for each in told}) == 1
    assert (shop.engine.runs, await shop.used()) == (1, 1)
    assert await shop.hits() == (1, 7, 0)


async def test_when_the_first_of_the_same_orders_is_given_up_another_one_goes_on(
    shop: Ordering,
) -> None:
    orders = [asyncio.create_task(shop.order()) for _ in range(3)]
    while shop.engine.runs == 0:
        await asyncio.sleep(0)
    orders[0].cancel()

    told = await asyncio.gather(*orders, return_exceptions=True)

    assert isinstance(told[0], asyncio.CancelledError)
    assert [each.is_cached for each in told[1:] if isinstance(each, Delivery)] == [False, True]
    assert (shop.engine.runs, await shop.used()) == (2, 1)


async def test_a_reserved_image_is_spent_and_no_other_one(shop: Ordering) -> None:
    job_id, unused = uuid4().hex, uuid4().hex
    assert await shop.meter.reserve(shop.accounts["ada"], (job_id, unused)) == 2

    await shop.order(reservation_id=job_id)
    await shop.order(reservation_id=unused)
    await shop.meter.release((unused,))

    assert await shop.used() == 1


async def test_an_order_that_is_given_up_gives_its_image_back(shop: Ordering) -> None:
    shop.engine.makes = replace(QUICK)
    giving_up = asyncio.create_task(shop.order())
    while shop.engine.runs == 0:
        await asyncio.sleep(0)
    giving_up.cancel()
    with suppress(asyncio.CancelledError):
        await giving_up

    assert await shop.used() == 0
    assert await shop.hits() == (0, 0, 0)


async def test_a_fresh_source_url_is_delivered_without_asking_and_charged_once(
    shop: Ordering,
) -> None:
    """A source of this server itself, which nobody has to be asked for."""
    url = "http://x/static/sample.jpg"
    of_ada = await shop.order_url(url, account="ada")

    told = await asyncio.gather(*(shop.order_url(url, account="bob") for _ in range(4)))

    assert of_ada.is_cached is False
    assert [each.is_cached for each in told].count(False) == 1
    assert (shop.engine.runs, await shop.used("ada"), await shop.used("bob")) == (1, 1, 1)
