"""Keeping a result whole: bytes and records, on every kind of store."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.keep import keep
from imgproxy_py.store.records import Records
from tests.store.test_records import KEY, RESULT, SOURCE

DATA = b"the bytes of a result"
KEPT = replace(RESULT, sha256=hashlib.sha256(DATA).hexdigest())


def opened(blobs: BlobStore) -> tuple[Contents, Records]:
    memory = BoundedMemoryCache(max_bytes=1_000_000)
    return Contents(blobs=blobs, memory=memory), Records(blobs, memory=memory)


async def test_bytes_and_records_are_found_again_here_and_after_a_restart(
    blobs: BlobStore,
) -> None:
    here = opened(blobs)

    await keep(*here, data=DATA, result=KEPT, source=(KEY, SOURCE))

    for contents, records in (here, opened(blobs)):
        found = await contents.get(KEPT.sha256)
        assert found is not None
        assert bytes(found) == DATA
        assert await records.result(KEPT.result_id) == KEPT
        assert await records.source(KEY) == SOURCE


async def test_the_result_of_an_upload_has_no_source_record(blobs: BlobStore) -> None:
    contents, records = opened(blobs)

    await keep(contents, records, data=DATA, result=KEPT)

    assert await records.result(KEPT.result_id) == KEPT
    assert await records.source(KEY) is None


async def test_where_the_bytes_cannot_be_written_no_record_names_them(tmp_path: Path) -> None:
    (tmp_path / "contents").write_text("a file where a folder must be")
    contents, records = opened(BlobStore(tmp_path.as_uri()))

    with pytest.raises(StoreError):
        await keep(contents, records, data=DATA, result=KEPT, source=(KEY, SOURCE))

    assert await records.result(KEPT.result_id) is None
    assert await records.source(KEY) is None
