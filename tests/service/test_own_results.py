"""A result that is new to everybody is written for the account in the same hand-over."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from imgproxy_py.store.blobs import Buffer
from imgproxy_py.store.key import LIBRARY
from tests.service.ordering import Ordering, ordering


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Ordering]:
    async with ordering(tmp_path) as made:
        yield made


@pytest.fixture
def writes(shop: Ordering, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The folders of what each hand-over to the store held."""
    blobs = shop.results.contents.blobs
    put_all, seen = blobs.put_all, list[list[str]]()

    async def noted(items: Sequence[tuple[str, bytes | Buffer]]) -> None:
        seen.append([key.rpartition("/")[0].rpartition("/")[0] for key, _ in items])
        await put_all(items)

    monkeypatch.setattr(blobs, "put_all", noted)
    return seen


async def test_bytes_and_all_records_go_together_the_accounts_own_last(
    shop: Ordering, writes: list[list[str]]
) -> None:
    delivery = await shop.order()

    assert len(writes) == 1
    assert writes[0][0] == "contents"
    assert set(writes[0][1:]) == {"records/results"}
    opened = await shop.results.open(delivery.path.removeprefix("/results/"))
    assert opened.record.expires_at is not None


async def test_what_is_kept_for_good_brings_bytes_of_its_own(
    shop: Ordering, writes: list[list[str]]
) -> None:
    await shop.order(keeps_result=True)

    assert len(writes) == 1
    assert writes[0][-2:] == [f"{LIBRARY}contents", f"{LIBRARY}records/results"]
