"""The bytes of sources, kept and opened again, whole or not at all."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imgproxy_py.service.kept_sources import FOLDER, KeptSources
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.key import contents_path
from imgproxy_py.store.records import SourceRecord

DATA = os.urandom(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
PATH = FOLDER + contents_path(SHA256)


@pytest.fixture(params=["file", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptSources:
    folder = (tmp_path / "store").as_uri()
    blobs = BlobStore(folder if request.param == "file" else "memory://")
    return KeptSources(
        contents=Contents(blobs=blobs, folder=FOLDER),
        spool_directory=tmp_path,
        max_bytes=len(DATA),
    )


def record(data: bytes = DATA) -> SourceRecord:
    return SourceRecord(
        url="https://a.example/photo.jpg",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        media_type="image/jpeg",
        freshness=Freshness(born_at=0.0),
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def spooled(data: bytes, directory: Path) -> Spool:
    spool = Spool(directory, max_source_bytes=len(data), expected_bytes=None)
    spool.write(data)
    spool.finish()
    return spool


async def keep(kept: KeptSources, data: bytes = DATA) -> bool:
    with spooled(data, kept.spool_directory) as spool:
        item = kept.item(spool)
    # Written after the spool was closed, as a result's items are.
    if item is not None:
        await kept.contents.blobs.put_all([item])
    return item is not None


async def test_what_was_kept_is_opened_again(kept: KeptSources) -> None:
    await keep(kept)

    spool = await kept.open(record())

    assert spool is not None
    with spool:
        assert (spool.read(), spool.sha256, spool.is_complete) == (DATA, SHA256, True)


async def test_in_a_local_folder_it_is_the_file_itself_and_no_copy(tmp_path: Path) -> None:
    kept = KeptSources(
        contents=Contents(blobs=BlobStore(tmp_path.as_uri()), folder=FOLDER),
        spool_directory=tmp_path,
        max_bytes=len(DATA),
    )
    await keep(kept)

    spool = await kept.open(record())

    assert spool is not None
    with spool:
        assert os.fstat(spool.fileno()).st_ino == (tmp_path / PATH).stat().st_ino


async def test_what_was_never_kept_is_not_there(kept: KeptSources) -> None:
    assert await kept.open(record()) is None


@pytest.mark.parametrize(
    "damage",
    [DATA[:-1], DATA + b"x", bytes(len(DATA)), b""],
    ids=["cut short", "longer", "other bytes", "empty"],
)
async def test_what_is_damaged_counts_as_gone(kept: KeptSources, damage: bytes) -> None:
    await kept.contents.blobs.put(PATH, damage)

    assert await kept.open(record()) is None


async def test_a_damaged_file_makes_room_for_a_whole_one(tmp_path: Path) -> None:
    kept = KeptSources(
        contents=Contents(blobs=BlobStore(tmp_path.as_uri()), folder=FOLDER),
        spool_directory=tmp_path,
        max_bytes=len(DATA),
    )
    await kept.contents.blobs.put(PATH, bytes(len(DATA)))

    await kept.open(record())

    assert not (tmp_path / PATH).exists()


async def test_what_is_forgotten_is_gone(kept: KeptSources) -> None:
    await keep(kept)

    await kept.forget(SHA256)

    assert await kept.open(record()) is None


@pytest.mark.parametrize("data", [b"", bytes(len(DATA) + 1)], ids=["empty", "too large"])
async def test_what_is_empty_or_larger_than_may_be_kept_is_not(
    kept: KeptSources, data: bytes
) -> None:
    assert not await keep(kept, data)
