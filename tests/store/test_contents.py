"""Contents: bytes by their hash, verified when read."""

import hashlib

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import (
    MAX_BYTES_HASHED_AT_ONCE,
    MAX_REMEMBERED_BYTES,
    Contents,
)
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.key import contents_path

DATA = b"the bytes of a picture" * 100
SHA256 = hashlib.sha256(DATA).hexdigest()


async def test_contents_come_back_under_their_hash(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs)

    await contents.put(DATA, sha256=SHA256)

    found = await contents.get(SHA256)
    assert found is not None
    assert bytes(found) == DATA


async def test_damaged_contents_count_as_missing_and_are_removed(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs)
    await contents.put(DATA, sha256=SHA256)
    await blobs.put(contents_path(SHA256), DATA[:-1])  # what a power cut would leave

    assert await contents.get(SHA256) is None
    assert await blobs.size(contents_path(SHA256)) is None


async def test_large_contents_are_verified_as_well(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs)
    large = bytes(MAX_BYTES_HASHED_AT_ONCE + 1)
    sha256 = hashlib.sha256(large).hexdigest()
    await contents.put(large, sha256=sha256)
    found = await contents.get(sha256)
    assert found is not None
    assert bytes(found) == large

    await blobs.put(contents_path(sha256), large[:-1] + b"x")

    assert await contents.get(sha256) is None


async def test_what_was_read_lately_is_not_read_again(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs, memory=BoundedMemoryCache(max_bytes=10_000_000))
    await Contents(blobs=blobs).put(DATA, sha256=SHA256)
    await contents.get(SHA256)
    await blobs.delete(contents_path(SHA256))

    found = await contents.get(SHA256)

    assert found is not None
    assert bytes(found) == DATA


async def test_large_contents_stay_out_of_memory(blobs: BlobStore) -> None:
    memory = BoundedMemoryCache(max_bytes=100_000_000)
    large = bytes(MAX_REMEMBERED_BYTES + 1)

    await Contents(blobs=blobs, memory=memory).put(large, sha256=hashlib.sha256(large).hexdigest())

    assert len(memory) == 0


async def test_memory_does_not_follow_a_buffer_that_changes(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs, memory=BoundedMemoryCache(max_bytes=10_000_000))
    buffer = bytearray(DATA)

    await contents.put(buffer, sha256=SHA256)
    buffer[:4] = b"XXXX"

    found = await contents.get(SHA256)
    assert found is not None
    assert bytes(found) == DATA


async def test_deleted_contents_are_gone_from_memory_too(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs, memory=BoundedMemoryCache(max_bytes=10_000_000))
    await contents.put(DATA, sha256=SHA256)

    await contents.delete(SHA256)

    assert await contents.get(SHA256) is None


async def test_whether_bytes_are_there_is_told_without_reading_them(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs)
    await contents.put(DATA, sha256=SHA256)

    assert await contents.has(SHA256, size=len(DATA)) is True
    assert await contents.has(SHA256, size=len(DATA) + 1) is False
    assert await contents.has("0" * 64, size=len(DATA)) is False


async def test_two_folders_of_one_store_are_strangers(blobs: BlobStore) -> None:
    contents = Contents(blobs=blobs)
    library = Contents(blobs=blobs, folder="library/")
    await library.put(DATA, sha256=SHA256)

    assert await contents.get(SHA256) is None
    await contents.delete(SHA256)
    assert bytes(await library.get(SHA256) or b"") == DATA
