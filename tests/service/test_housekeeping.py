"""Housekeeping: round after round, whatever goes wrong in one of them."""

import asyncio
import logging
from contextlib import suppress

import pytest

from imgproxy_py.service.housekeeping import keep_within
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.purges import Purges
from imgproxy_py.store.records import Records
from tests.waiting import until


async def test_the_store_is_pruned_round_after_round_and_the_log_tells_what_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "imgproxy_py.service.housekeeping")
    blobs = BlobStore("memory://")
    await blobs.put("library/contents/ab", bytes(500))
    await blobs.put("contents/1", bytes(900))
    keeping = asyncio.create_task(
        keep_within(
            blobs,
            records=Records(blobs, memory=BoundedMemoryCache(max_bytes=1000)),
            purges=Purges(blobs),
            max_bytes=1000,
            pause_seconds=0.01,
        )
    )

    await until(lambda: len(caplog.records) == 1)
    await blobs.put("contents/2", bytes(900))
    await until(lambda: len(caplog.records) == 2)
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping

    first, second = (vars(record) for record in caplog.records)
    assert (first["library_bytes"], first["removed_blobs"]) == (500, 0)
    assert (second["library_bytes"], second["removed_blobs"]) == (500, 1)
    assert [entry.key async for entry in blobs.entries("contents")] == ["contents/2"]
