"""What is remembered of archives: as long as it is true, and no longer."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from imgproxy_py.jobs import known_layouts
from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.batch_archive import Archive
from imgproxy_py.jobs.known_layouts import REMEMBERED_SECONDS, KnownLayouts
from imgproxy_py.jobs.zip_layout import ZipLayout
from imgproxy_py.jobs.zip_records import ZipEntry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Shop:
    """Makes archives, slowly, and has time that a test moves on."""

    def __init__(self, *, expires_at: datetime | None = None) -> None:
        self.made: list[str] = []
        self.seconds = 0.0
        self.expires_at = expires_at
        self.layouts = KnownLayouts(
            self.make,
            clock=lambda: self.seconds,
            now=lambda: NOON + timedelta(seconds=self.seconds),
        )

    async def make(self, batch: Batch) -> Archive:
        self.made.append(batch.id)
        await asyncio.sleep(0.01)
        entry = ZipEntry(name="a", size_bytes=0, crc32=0, sha256="0" * 64, modified_at=NOON)
        return Archive(layout=ZipLayout([entry] * 3), expires_at=self.expires_at)


def batch(name: str = "b") -> Batch:
    return Batch(id=name, account_id="a", client_batch_id=name, chunks=1, created_at=NOON)


async def test_many_ranges_of_one_download_are_laid_out_once() -> None:
    shop = Shop()

    found = await asyncio.gather(*(shop.layouts.layout(batch(), version="1") for _ in range(16)))
    found.append(await shop.layouts.layout(batch(), version="1"))

    assert shop.made == ["b"]
    assert len(set(map(id, found))) == 1


async def test_a_batch_that_has_changed_is_laid_out_again() -> None:
    shop = Shop()

    await shop.layouts.layout(batch(), version="1")
    await shop.layouts.layout(batch(), version="2")

    assert shop.made == ["b", "b"]


async def test_what_was_looked_up_long_ago_is_looked_up_again() -> None:
    shop = Shop()
    await shop.layouts.layout(batch(), version="1")
    shop.seconds = REMEMBERED_SECONDS

    await shop.layouts.layout(batch(), version="1")

    assert shop.made == ["b", "b"]


async def test_nothing_is_remembered_beyond_its_expiry() -> None:
    shop = Shop(expires_at=NOON + timedelta(seconds=5))
    await shop.layouts.layout(batch(), version="1")
    shop.seconds = 4.9
    await shop.layouts.layout(batch(), version="1")
    shop.seconds = 5.0
    await shop.layouts.layout(batch(), version="1")

    assert shop.made == ["b", "b"]


async def test_the_oldest_goes_when_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_layouts, "MAX_ENTRIES", 6)
    shop = Shop()

    for name in ("a", "b", "c", "b", "c", "a"):
        await shop.layouts.layout(batch(name), version="1")

    assert shop.made == ["a", "b", "c", "a"]
