"""The bytes of a ZIP out of a real store: each result is read where it is needed, and checked."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from imgproxy_py.jobs.errors import ResultGone
from imgproxy_py.jobs.zip_layout import ZipLayout
from imgproxy_py.jobs.zip_records import ZipEntry
from imgproxy_py.jobs.zip_stream import PIECE_BYTES, SENT_BYTES, zip_bytes
from imgproxy_py.store.blobs import BlobStore, Buffer

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
RANDOM = Random(5)
FILES = {
    "small.webp": RANDOM.randbytes(700),
    "large.png": RANDOM.randbytes(3 * PIECE_BYTES + 17),
    "empty.gif": b"",
    "last.webp": RANDOM.randbytes(PIECE_BYTES),
}


class Watched:
    """A real store that remembers what was asked of it."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self.read: list[str] = []
        self.largest_bytes = 0

    async def get(self, key: str) -> Buffer | None:
        return self._seen(key, await self._blobs.get(key))

    async def get_range(self, key: str, start: int, length: int) -> Buffer | None:
        return self._seen(key, await self._blobs.get_range(key, start, length))

    def _seen(self, key: str, data: Buffer | None) -> Buffer | None:
        self.read.append(key)
        self.largest_bytes = max(self.largest_bytes, len(data or b""))
        return data


@pytest.fixture(params=["file", "memory"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    store = BlobStore("memory://" if request.param == "memory" else f"file://{tmp_path}/results")
    for name, data in FILES.items():
        await store.put(entry(name, data).blob_key, data)
    return store


def entry(name: str, data: bytes) -> ZipEntry:
    return ZipEntry(
        name=name,
        size_bytes=len(data),
        crc32=zlib.crc32(data),
        sha256=hashlib.sha256(data).hexdigest(),
        modified_at=MOMENT,
        folder="library/" if name.startswith("last") else "",
    )


def layout(files: Mapping[str, bytes] = FILES) -> ZipLayout:
    return ZipLayout([entry(name, data) for name, data in files.items()])


async def read(archive: ZipLayout, blobs: BlobStore | Watched, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in zip_bytes(archive, blobs, start=start, end=end)])


async def test_the_whole_archive_holds_every_result(blobs: BlobStore) -> None:
    made = await read(layout(), blobs, 0, layout().total_bytes)

    archive = zipfile.ZipFile(io.BytesIO(made))
    assert {name: archive.read(name) for name in archive.namelist()} == FILES


async def test_ranges_put_together_are_the_archive(blobs: BlobStore) -> None:
    archive = layout()
    whole = await read(archive, blobs, 0, archive.total_bytes)
    places = Random(6)
    cuts = sorted(places.randrange(len(whole)) for _ in range(20))

    parts = [
        await read(archive, blobs, start, end)
        for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)
    ]

    assert b"".join(parts) == whole


async def test_a_range_reads_only_the_file_it_lies_in(blobs: BlobStore) -> None:
    watched, archive = Watched(blobs), layout()
    at = len(FILES["small.webp"]) + 2 * PIECE_BYTES

    await read(archive, watched, at, at + 10)

    assert watched.read == [archive.entries[1].blob_key]
    assert watched.largest_bytes == 10


async def test_neither_reads_nor_sends_are_larger_than_their_bounds(blobs: BlobStore) -> None:
    watched, archive = Watched(blobs), layout()

    sent = [
        len(chunk) async for chunk in zip_bytes(archive, watched, start=0, end=archive.total_bytes)
    ]

    assert watched.largest_bytes <= PIECE_BYTES
    assert max(sent) <= PIECE_BYTES + SENT_BYTES


async def test_a_result_that_left_the_store_ends_the_archive_where_it_was(
    blobs: BlobStore,
) -> None:
    archive = layout()
    await blobs.delete(archive.entries[3].blob_key)

    with pytest.raises(ResultGone, match=r'^the result "last.webp" is not in the store any more$'):
        await read(archive, blobs, 0, archive.total_bytes)


@pytest.mark.parametrize(
    ("place", "damaged"),
    [
        pytest.param(0, b"x" * 700, id="a small one with other bytes"),
        pytest.param(1, b"x" * (3 * PIECE_BYTES + 1), id="a large one, cut short"),
    ],
)
async def test_a_result_that_is_not_what_its_job_wrote_is_not_passed_on(
    blobs: BlobStore, place: int, damaged: bytes
) -> None:
    archive = layout()
    await blobs.put(archive.entries[place].blob_key, damaged)

    with pytest.raises(ResultGone):
        await read(archive, blobs, 0, archive.total_bytes)
