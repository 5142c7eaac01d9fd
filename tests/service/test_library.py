"""What an account keeps for good: entered once, listed as its own, and gone when it says so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.accounts.library import Library, LibrarySize
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.library import Libraries
from imgproxy_py.store.key import LIBRARY
from tests.service.ordering import Ordering, ordering


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Ordering]:
    async with ordering(tmp_path) as made:
        yield made


@pytest.fixture
def libraries(shop: Ordering) -> Libraries:
    return shop.desk.libraries


@pytest.fixture
def library(libraries: Libraries) -> Library:
    return libraries.library


def id_of(delivery: Delivery) -> str:
    return delivery.path.removeprefix("/results/")


async def ids(library: Library, shop: Ordering, account: str = "ada") -> list[str]:
    page = await library.page(shop.accounts[account].id, limit=10)
    return [kept.result_id for kept in page]


async def kept_blobs(shop: Ordering) -> list[str]:
    folder = LIBRARY.rstrip("/")
    return [entry.key async for entry in shop.results.contents.blobs.entries(folder)]


async def test_what_is_kept_is_listed_the_newest_first(shop: Ordering, library: Library) -> None:
    first = await shop.order(b"one", keeps_result=True)
    second = await shop.order(b"two", keeps_result=True)
    await shop.order(b"three")

    assert await ids(library, shop) == [id_of(second), id_of(first)]
    assert await ids(library, shop, "bob") == []
    kept = (await library.page(shop.accounts["ada"].id, limit=1))[0]
    assert (kept.filename, kept.bytes) == ("photo", second.result_bytes)
    assert (kept.media_type, kept.width, kept.height) == (
        second.media_type,
        second.width,
        second.height,
    )


async def test_the_size_counts_the_same_bytes_once(shop: Ordering, library: Library) -> None:
    first = await shop.order(b"one", keeps_result=True)
    await shop.order(b"two", keeps_result=True)

    # The engine of these tests makes the same bytes of everything.
    size = await library.size(shop.accounts["ada"].id)
    assert size == LibrarySize(results=2, bytes=first.result_bytes)


async def test_keeping_what_was_had_for_a_while_enters_it(shop: Ordering, library: Library) -> None:
    had = await shop.order()
    kept = await shop.order(keeps_result=True)
    await shop.order(keeps_result=True)

    assert kept.path == had.path
    assert await ids(library, shop) == [id_of(kept)]


async def test_what_was_kept_before_there_were_lists_is_entered_when_it_is_asked_for(
    shop: Ordering, library: Library
) -> None:
    kept = await shop.order(keeps_result=True)
    async with library.removing(shop.accounts["ada"].id, id_of(kept)):
        pass

    await shop.order(keeps_result=True)

    assert await ids(library, shop) == [id_of(kept)]


async def test_what_is_deleted_is_gone_with_its_bytes(
    shop: Ordering, libraries: Libraries, library: Library
) -> None:
    kept = await shop.order(keeps_result=True)
    assert await kept_blobs(shop) != []

    await libraries.delete(shop.accounts["ada"].id, id_of(kept))

    assert await kept_blobs(shop) == []
    assert await ids(library, shop) == []
    with pytest.raises(ResultNotFound):
        await shop.results.open(id_of(kept))


async def test_bytes_that_somebody_else_keeps_stay(shop: Ordering, libraries: Libraries) -> None:
    mine = await shop.order(keeps_result=True)
    other = await shop.order(keeps_result=True, account="bob")

    await libraries.delete(shop.accounts["ada"].id, id_of(mine))

    opened = await shop.results.open(id_of(other))
    assert len(opened.data) == other.result_bytes


async def test_nobody_deletes_what_another_keeps(shop: Ordering, libraries: Libraries) -> None:
    other = await shop.order(keeps_result=True, account="bob")

    for result_id in (id_of(other), "nothing"):
        with pytest.raises(ResultNotFound, match=r"^there is no such result here \(any more\)"):
            await libraries.delete(shop.accounts["ada"].id, result_id)

    assert (await shop.results.open(id_of(other))).record.expires_at is None


async def test_bytes_that_were_deleted_at_this_very_moment_are_written_again(
    shop: Ordering, libraries: Libraries
) -> None:
    kept = await shop.order(keeps_result=True)
    opened = await shop.results.open(id_of(kept))
    assert shop.results.library is not None
    await shop.results.library.contents.delete(opened.record.sha256)

    async def read() -> memoryview:
        return opened.data

    await libraries.enter(shop.accounts["ada"].id, opened.record, read)

    assert (await shop.results.open(id_of(kept))).data == opened.data
