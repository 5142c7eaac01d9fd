"""Sources of tinify clients: kept for their time, found by their account, and swept away."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.tinify_sources import TinifySource, TinifySources
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore

DATA = b"a picture" * 100
HOUR = timedelta(hours=1)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path, max_source_bytes=len(DATA), expected_bytes=None) as spool:
        spool.write(DATA)
        spool.finish()
        yield spool


class Clock:
    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sources(tmp_path: Path, clock: Clock) -> TinifySources:
    return TinifySources(
        blobs=BlobStore((tmp_path / "store").as_uri()),
        secret=b"s" * 32,
        spool_directory=tmp_path,
        ttl=HOUR,
        now=clock,
    )


def record(sources: TinifySources, spool: Spool) -> TinifySource:
    return TinifySource(
        id=sources.id_of("account", spool.sha256),
        account_id="account",
        sha256=spool.sha256,
        bytes=len(DATA),
        format=ImageFormat.PNG,
        width=3,
        height=2,
        name="photo",
        result_id="result",
        expires_at=sources.now() + sources.ttl,
    )


def blobs_in(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "store").rglob("*") if path.is_file()}


async def test_a_source_is_found_again_with_its_bytes(sources: TinifySources, spool: Spool) -> None:
    kept = record(sources, spool)
    await sources.keep(kept, spool)

    found = await sources.find(kept.id)

    assert found == kept
    async with sources.opened(found) as again:
        assert (again.read(), again.is_complete) == (DATA, True)


def test_an_id_belongs_to_one_account_one_content_and_one_secret(sources: TinifySources) -> None:
    other = TinifySources(blobs=sources.blobs, secret=b"o" * 32, spool_directory=Path(), ttl=HOUR)
    ids = {
        sources.id_of("one", "aa"),
        sources.id_of("two", "aa"),
        sources.id_of("one", "bb"),
        other.id_of("one", "aa"),
    }

    assert len(ids) == 4
    assert all(len(each) == 40 for each in ids)


async def test_it_is_gone_once_its_time_is_over(
    sources: TinifySources, spool: Spool, clock: Clock
) -> None:
    kept = record(sources, spool)
    await sources.keep(kept, spool)

    clock.time += HOUR

    with pytest.raises(ResultNotFound):
        await sources.find(kept.id)


async def test_bytes_that_are_damaged_or_pruned_are_not_given_out(
    sources: TinifySources, spool: Spool
) -> None:
    kept = record(sources, spool)
    await sources.keep(kept, spool)

    await sources.blobs.put(f"tinify/{kept.id}/source", DATA[:-1] + b"?")
    with pytest.raises(ResultNotFound):
        async with sources.opened(kept):
            pass
    await sources.blobs.delete(f"tinify/{kept.id}/source")
    with pytest.raises(ResultNotFound):
        async with sources.opened(kept):
            pass


async def test_a_record_that_cannot_be_read_counts_as_none(
    sources: TinifySources, spool: Spool
) -> None:
    kept = record(sources, spool)
    await sources.keep(kept, spool)
    await sources.blobs.put(f"tinify/{kept.id}/record", b"\x93")

    with pytest.raises(ResultNotFound):
        await sources.find(kept.id)


async def test_the_bytes_of_a_repetition_are_not_written_again(
    sources: TinifySources, spool: Spool, tmp_path: Path
) -> None:
    kept = record(sources, spool)
    await sources.keep(kept, spool)
    (written,) = (tmp_path / "store").rglob("source")
    before = written.stat().st_ino

    await sources.keep(kept, spool)

    assert written.stat().st_ino == before


async def test_sweeping_removes_what_has_expired_and_nothing_else(
    sources: TinifySources, spool: Spool, tmp_path: Path, clock: Clock
) -> None:
    kept = record(sources, spool)
    await sources.keep(kept, spool)
    await sources.blobs.put("contents/aa/bb", b"a result")
    assert await sources.sweep() == 0

    for path in (tmp_path / "store").rglob("source"):  # as old as its first sending
        os.utime(path, (1, 1))
    assert await sources.sweep() == 0
    assert blobs_in(tmp_path) == {"source", "record", "bb"}

    clock.time += HOUR + timedelta(minutes=1)
    assert await sources.sweep() == 2
    assert blobs_in(tmp_path) == {"bb"}


async def test_sweeping_removes_bytes_whose_record_was_never_written(
    sources: TinifySources, tmp_path: Path, clock: Clock
) -> None:
    await sources.blobs.put(f"tinify/{'0' * 40}/source", DATA)
    assert await sources.sweep() == 0

    clock.time += HOUR + timedelta(minutes=1)

    assert await sources.sweep() == 1
    assert blobs_in(tmp_path) == set()
