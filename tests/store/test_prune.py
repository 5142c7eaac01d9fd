"""Pruning: the store stays within its bytes and keeps what is used."""

import os
from pathlib import Path

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.prune import prune


async def test_a_store_within_its_bytes_is_left_alone(blobs: BlobStore) -> None:
    await blobs.put("contents/a", bytes(1000))

    pruned = await prune(blobs, max_bytes=1000)

    assert (pruned.removed_blobs, pruned.kept_bytes) == (0, 1000)


async def test_a_store_over_its_bytes_goes_down_to_nine_tenths(blobs: BlobStore) -> None:
    for number in range(10):
        await blobs.put(f"contents/{number}", bytes(200))

    pruned = await prune(blobs, max_bytes=1000)

    assert (pruned.removed_blobs, pruned.removed_bytes, pruned.kept_bytes) == (6, 1200, 800)
    assert sum([entry.bytes async for entry in blobs.entries()]) == 800


async def test_what_was_used_lately_stays(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri())
    written, read = 1_700_000_000, 1_700_000_500
    for number in range(10):
        await blobs.put(f"contents/{number}", bytes(200))
        # Number 0 was written first and read last.
        used = read if number == 0 else written + number
        os.utime(tmp_path / "contents" / str(number), (used, written + number))

    await prune(blobs, max_bytes=1000)

    kept = {entry.key async for entry in blobs.entries()}
    assert kept == {"contents/0", "contents/7", "contents/8", "contents/9"}


async def test_what_is_kept_for_good_and_what_waits_is_left_alone_and_told(
    blobs: BlobStore,
) -> None:
    for number in range(10):
        await blobs.put(f"contents/{number}", bytes(200))
    await blobs.put("library/contents/ab/cd", bytes(5000))
    await blobs.put("library/records/ab/cd", bytes(300))
    await blobs.put("uploads/ab", bytes(700))
    await blobs.put("purges/ab/cd-1", b"")

    pruned = await prune(blobs, max_bytes=1000)

    assert (pruned.removed_blobs, pruned.kept_bytes) == (6, 800)
    assert (pruned.library_bytes, pruned.upload_bytes) == (5300, 700)
    assert sum([entry.bytes async for entry in blobs.entries()]) == 800 + 5300 + 700
