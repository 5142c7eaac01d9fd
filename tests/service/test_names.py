"""The same picture under several names: each is offered under its own, and none costs more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from imgproxy_py.service.delivery import Delivery
from imgproxy_py.store.records import ResultRecord
from tests.service.ordering import TTL_SECONDS, Ordering, ordering


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Ordering]:
    async with ordering(tmp_path) as made:
        yield made


async def record(shop: Ordering, delivery: Delivery) -> ResultRecord:
    return (await shop.results.open(delivery.path.removeprefix("/results/"))).record


async def test_a_second_name_has_a_url_of_its_own_and_costs_nothing(shop: Ordering) -> None:
    first = await shop.order(name="first.jpg")
    second = await shop.order(name="second.jpg")
    again = await shop.order(name="first.jpg")

    assert [(await record(shop, each)).filename for each in (first, second, again)] == [
        "first",
        "second",
        "first",
    ]
    assert (first.is_cached, second.is_cached, again.is_cached) == (False, True, True)
    assert first.path == again.path != second.path
    assert first.sha256 == second.sha256
    assert await shop.used() == 1


async def test_the_same_name_again_is_the_same_url(shop: Ordering) -> None:
    await shop.order(name="first.jpg")

    one, other = [await shop.order(name="second.jpg") for _ in range(2)]

    assert one.path == other.path


async def test_names_that_come_at_the_same_time_are_charged_once(shop: Ordering) -> None:
    names = ["a.jpg", "b.jpg", "c.jpg"]

    deliveries = await asyncio.gather(*(shop.order(name=name) for name in names))

    assert [(await record(shop, each)).filename for each in deliveries] == ["a", "b", "c"]
    assert await shop.used() == 1


async def test_a_name_lasts_as_long_as_the_first_and_keeps_it(shop: Ordering) -> None:
    await shop.order(name="first.jpg")
    await shop.order(name="second.jpg")
    shop.ahead = timedelta(seconds=TTL_SECONDS / 2)

    second = await shop.order(name="second.jpg")
    shop.ahead = timedelta(seconds=TTL_SECONDS * 1.4)
    first = await shop.order(name="first.jpg")

    assert (await record(shop, second)).expires_at == second.expires_at
    assert first.is_cached
    assert await shop.used() == 1


async def test_every_answer_names_the_moment_at_which_its_url_ends(shop: Ordering) -> None:
    for ahead in (0, TTL_SECONDS * 0.05, TTL_SECONDS * 0.5):
        shop.ahead = timedelta(seconds=ahead)
        delivery = await shop.order()
        assert delivery.expires_at == (await record(shop, delivery)).expires_at
        assert delivery.expires_at is not None
        assert delivery.expires_at - shop.now() >= timedelta(seconds=TTL_SECONDS * 0.89)


async def test_both_names_are_kept_for_good_once_one_is(shop: Ordering) -> None:
    await shop.order(name="first.jpg")
    await shop.order(name="second.jpg")

    kept = await shop.order(name="second.jpg", keeps_result=True)
    first = await shop.order(name="first.jpg")

    assert (kept.expires_at, first.expires_at) == (None, None)
    assert (await record(shop, kept)).filename == "second"
    page = await shop.desk.libraries.library.page(shop.accounts["ada"].id, limit=5)
    assert {each.filename for each in page} == {"first", "second"}
