"""Orders: what is delivered, what is cached, how long its URL answers."""

import hashlib
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.errors import ResultExpired, ResultNotFound
from imgproxy_py.service.order import Order
from imgproxy_py.store.prune import prune
from imgproxy_py.workers.errors import DeadlineReached
from options_grammar import parse
from tests.service.ordering import TTL_SECONDS, Ordering, ordering
from tests.service.refining import QUICK


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Ordering]:
    async with ordering(tmp_path) as made:
        yield made


def id_of(delivery: Delivery) -> str:
    return delivery.path.removeprefix("/results/")


async def test_an_order_is_delivered_with_its_figures(shop: Ordering) -> None:
    delivery = await shop.order(b"s" * 400)

    assert delivery.path.startswith("/results/")
    assert (delivery.source_bytes, delivery.result_bytes) == (400, len(QUICK.data))
    assert (delivery.saved_bytes, delivery.percent) == (300, 75.0)
    assert (delivery.format, delivery.width, delivery.height) == (
        QUICK.format.value,
        QUICK.width,
        QUICK.height,
    )
    assert delivery.is_cached is False
    opened = await shop.results.open(id_of(delivery))
    assert bytes(opened.data) == QUICK.data
    assert opened.record.receipt_text == delivery.receipt
    assert (opened.record.sha256, opened.record.crc32) == (delivery.sha256, delivery.crc32)
    assert opened.record.filename == "photo"


async def test_the_same_again_is_cached_costs_nothing_and_is_counted(shop: Ordering) -> None:
    first = await shop.order()
    again = await shop.order()

    assert replace(again, is_cached=False, expires_at=None) == replace(first, expires_at=None)
    assert again.is_cached is True
    assert shop.engine.runs == 1
    assert await shop.used() == 1
    assert await shop.hits() == (1, 1, 0)


async def test_what_another_account_had_made_saves_the_work_and_is_never_seen(
    shop: Ordering,
) -> None:
    of_ada = await shop.order(account="ada")
    of_bob = await shop.order(account="bob")
    again = await shop.order(account="bob")

    assert shop.engine.runs == 1
    assert (of_bob.is_cached, again.is_cached) == (False, True)
    assert of_bob.path != of_ada.path
    assert (await shop.used("ada"), await shop.used("bob")) == (1, 1)
    assert await shop.hits("bob") == (1, 1, 0)


async def test_a_result_has_expired_once_its_time_is_over(shop: Ordering) -> None:
    delivery = await shop.order()
    shop.ahead = timedelta(seconds=TTL_SECONDS + 1)

    with pytest.raises(ResultExpired):
        await shop.results.open(id_of(delivery))
    with pytest.raises(ResultExpired):
        await shop.results.look(id_of(delivery))

    again = await shop.order()
    assert (again.is_cached, again.path) == (False, delivery.path)
    assert bytes((await shop.results.open(id_of(again))).data) == QUICK.data
    assert await shop.used() == 2
    assert shop.engine.runs == 1


async def test_a_repeat_begins_the_time_anew(shop: Ordering) -> None:
    first = await shop.order()
    shop.ahead = timedelta(seconds=TTL_SECONDS / 2)
    again = await shop.order()
    shop.ahead = timedelta(seconds=TTL_SECONDS + 1)

    assert first.expires_at is not None
    assert again.expires_at is not None
    assert again.expires_at - first.expires_at >= timedelta(seconds=TTL_SECONDS / 2)
    assert (await shop.results.look(id_of(first))).expires_at == again.expires_at


async def test_the_url_answers_as_long_as_every_answer_has_said(shop: Ordering) -> None:
    """A record is not written anew for every repeat; what is said is what is written."""
    for step in range(60):
        shop.ahead = timedelta(seconds=TTL_SECONDS * step / 50)
        told = await shop.order()
        record = await shop.results.look(id_of(told))

        assert record.expires_at == told.expires_at
        assert told.expires_at is not None
        left = told.expires_at - shop.now()
        assert left > timedelta(seconds=TTL_SECONDS * 0.89)


async def test_what_is_kept_never_expires_and_is_never_pruned(shop: Ordering) -> None:
    kept = await shop.order(keeps_result=True)
    other = await shop.order(b"another source")
    shop.ahead = timedelta(days=4000)

    pruned = await prune(shop.results.contents.blobs, max_bytes=1)
    await shop.results.contents.memory.clear()  # type: ignore[union-attr]

    assert kept.expires_at is None
    assert pruned.kept_bytes == 0
    assert pruned.library_bytes > len(QUICK.data)
    assert bytes((await shop.results.open(id_of(kept))).data) == QUICK.data
    with pytest.raises(ResultNotFound):
        await shop.results.open(id_of(other))


async def test_what_is_kept_later_is_moved_at_no_cost(shop: Ordering) -> None:
    first = await shop.order()
    kept = await shop.order(keeps_result=True)
    again = await shop.order()

    assert (kept.is_cached, kept.path, kept.expires_at) == (True, first.path, None)
    assert (again.is_cached, again.expires_at) == (True, None)
    assert await shop.used() == 1
    shop.ahead = timedelta(days=4000)
    await prune(shop.results.contents.blobs, max_bytes=1)
    await shop.results.contents.memory.clear()  # type: ignore[union-attr]
    assert bytes((await shop.results.open(id_of(kept))).data) == QUICK.data


async def test_what_was_pruned_is_made_again(shop: Ordering) -> None:
    await shop.order()
    await prune(shop.results.contents.blobs, max_bytes=1)
    await shop.results.contents.memory.clear()  # type: ignore[union-attr]

    again = await shop.order()

    assert again.is_cached is False
    assert shop.engine.runs == 2
    assert bytes((await shop.results.open(id_of(again))).data) == QUICK.data


async def test_an_unfinished_result_is_finished_by_what_was_made_meanwhile(
    shop: Ordering,
) -> None:
    shop.engine.makes = DeadlineReached(best=QUICK)
    first = await shop.order()
    await shop.refine(b"s" * 50)

    again = await shop.order()

    assert (again.is_cached, again.result_bytes, again.path) == (True, 50, first.path)
    assert again.crc32 == zlib.crc32(b"s" * 50)
    assert bytes((await shop.results.open(id_of(first))).data) == b"s" * 50
    assert await shop.used() == 1


async def test_an_unfinished_result_stays_where_the_finished_one_is_gone(shop: Ordering) -> None:
    shop.engine.makes = DeadlineReached(best=QUICK)
    await shop.order()
    sha256 = await shop.refine(b"s" * 50)
    await shop.results.contents.delete(sha256)

    gone = await shop.order()

    assert (gone.is_cached, gone.result_bytes) == (True, len(QUICK.data))


async def test_what_a_finished_result_s_receipt_says_stays_true_when_it_is_refined(
    shop: Ordering,
) -> None:
    first = await shop.order()
    await shop.refine(b"s" * 50)

    again = await shop.order()

    assert (again.is_cached, again.receipt, again.path) == (True, first.receipt, first.path)
    kept = bytes((await shop.results.open(id_of(first))).data)
    assert hashlib.sha256(kept).hexdigest() == Receipt.parse(first.receipt).result_sha256


async def test_an_unfinished_result_is_tried_again_by_whoever_has_more_time(
    shop: Ordering,
) -> None:
    shop.engine.makes = DeadlineReached(best=QUICK)
    hasty = await shop.order(options="10,timeout=1")
    as_hasty = await shop.order(options="10,timeout=1")
    shop.engine.makes = replace(QUICK, data=b"f" * 90)

    patient = await shop.order(options="10,timeout=2")

    assert Receipt.parse(hasty.receipt).provisional
    assert hasty.warnings == ("the time allowed ran out: this is the best result so far",)
    assert (as_hasty.is_cached, as_hasty.warnings) == (True, hasty.warnings)
    assert (patient.is_cached, patient.result_bytes) == (False, 90)
    assert patient.path == hasty.path
    assert shop.engine.runs == 2


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"options": "10"}, "an order has one source, a URL or an upload"),
        (
            {"options": "meta", "source_url": "https://a.example/b.jpg"},
            "an order is for a picture, not for facts about one",
        ),
    ],
)
async def test_an_order_is_valid_from_the_moment_it_exists(
    shop: Ordering, more: dict[str, str], message: str
) -> None:
    options = parse(more["options"]).options

    with pytest.raises(ValueError, match=f"^{message}$"):
        Order(
            identity=shop.identity("ada"),
            options=options,
            deadline=0.0,
            source_url=more.get("source_url"),
        )
