"""Blobs: one suite on a local folder, on memory and on S3 over a real socket."""

import asyncio
import mmap
import os
from pathlib import Path

import pytest

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError

KEY = "contents/ab/cdef"


async def test_what_is_put_comes_back(blobs: BlobStore) -> None:
    data = os.urandom(20_000)

    await blobs.put(KEY, data)

    found = await blobs.get(KEY)
    assert found is not None
    assert bytes(found) == data
    assert await blobs.size(KEY) == 20_000


async def test_what_was_never_put_is_none_everywhere(blobs: BlobStore) -> None:
    assert await blobs.get(KEY) is None
    assert await blobs.get_range(KEY, 0, 1) is None
    assert await blobs.size(KEY) is None
    assert await blobs.chunks(KEY) is None
    await blobs.delete(KEY)


async def test_a_second_put_replaces_the_first(blobs: BlobStore) -> None:
    await blobs.put(KEY, b"a longer first value")
    await blobs.put(KEY, b"second")

    found = await blobs.get(KEY)
    assert found is not None
    assert bytes(found) == b"second"


async def test_a_deleted_blob_is_gone(blobs: BlobStore) -> None:
    await blobs.put(KEY, b"value")

    await blobs.delete(KEY)

    assert await blobs.get(KEY) is None


async def test_several_blobs_are_deleted_though_some_are_not_there(blobs: BlobStore) -> None:
    keys = [KEY, f"{KEY}0", f"{KEY}1", f"{KEY}2"]
    await blobs.put_all([(key, b"value") for key in (keys[0], *keys[2:])])

    await blobs.delete_all(keys[:3])

    assert [await blobs.get(key) for key in keys[:3]] == [None] * 3
    assert await blobs.size(keys[3]) == 5


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, b"0123"), (3, 4, b"3456"), (8, 100, b"89"), (9, 1, b"9")],
)
async def test_a_range_is_cut_out_of_a_blob(
    blobs: BlobStore, start: int, length: int, expected: bytes
) -> None:
    await blobs.put(KEY, b"0123456789")

    found = await blobs.get_range(KEY, start, length)

    assert found is not None
    assert bytes(found) == expected


async def test_a_large_blob_can_be_read_in_pieces(blobs: BlobStore) -> None:
    data = os.urandom(3_000_000)
    await blobs.put(KEY, data)

    chunks = await blobs.chunks(KEY)

    assert chunks is not None
    assert b"".join([bytes(chunk) async for chunk in chunks]) == data


async def test_a_mapped_file_is_put_without_reading_it_first(
    blobs: BlobStore, tmp_path: Path
) -> None:
    file = tmp_path / "source"
    file.write_bytes(b"mapped" * 1000)

    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        await blobs.put(KEY, mapped)

    assert await blobs.size(KEY) == 6000


async def test_a_folder_lists_its_blobs_and_no_others(blobs: BlobStore) -> None:
    await blobs.put("records/a/1", b"1")
    await blobs.put("records/b/2", b"22")
    await blobs.put("contents/c/3", b"333")

    found = {entry.key: entry.bytes async for entry in blobs.entries("records")}

    assert found == {"records/a/1": 1, "records/b/2": 2}


async def test_readers_never_see_half_of_a_write(blobs: BlobStore) -> None:
    versions = [bytes([number]) * 200_000 for number in range(8)]
    await blobs.put(KEY, versions[0])
    is_done = asyncio.Event()

    async def read() -> int:
        reads = 0
        while not is_done.is_set():
            found = await blobs.get(KEY)
            assert found is not None
            assert bytes(found) in versions
            reads += 1
            await asyncio.sleep(0)  # a read that needs no waiting does not let others run
        return reads

    reader = asyncio.create_task(read())
    for version in versions * 3:
        await blobs.put(KEY, version)
    is_done.set()

    assert await reader > 0


async def test_a_store_that_fails_says_so_in_our_words(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri())
    (tmp_path / "contents").write_text("a file where a folder must be")

    with pytest.raises(StoreError) as caught:
        await blobs.put(KEY, b"value")

    assert str(caught.value) == "the store of results failed while writing; try again later"
    assert caught.value.__cause__ is not None


async def test_a_dead_bucket_is_an_error_and_not_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT": "http://127.0.0.1:9",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(StoreError):
        async with asyncio.timeout(20):
            await BlobStore("s3://bucket").get(KEY)


async def test_a_file_can_be_opened_where_blobs_are_files(tmp_path: Path) -> None:
    files, objects = BlobStore(tmp_path.as_uri()), BlobStore("memory://")
    await files.put("a/b", b"bytes")
    await objects.put("a/b", b"bytes")

    fd = files.open_file("a/b")

    assert fd is not None
    try:
        assert os.pread(fd, 10, 0) == b"bytes"
    finally:
        os.close(fd)
    assert (files.is_local, objects.is_local) == (True, False)
    assert files.open_file("a/c") is None
    assert objects.open_file("a/b") is None


def test_an_unknown_kind_of_store_is_refused() -> None:
    with pytest.raises(ValueError, match="results cannot be kept in ftp://"):
        BlobStore("ftp://example.com/")
