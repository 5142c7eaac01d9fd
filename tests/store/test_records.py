"""Records: kept beside their bytes, remembered in memory, and never a reason to fail."""

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.key import result_record_path, source_key, source_record_path
from imgproxy_py.store.records import Records, ResultRecord, SourceRecord
from imgproxy_py.store.shelf import LAYOUT

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
KEY = source_key("https://example.com/a.png")
SOURCE = SourceRecord(
    url="https://example.com/a.png",
    sha256="ab" * 32,
    bytes=12_345,
    media_type="image/png",
    freshness=Freshness(born_at=1.5, lifetime_seconds=60, is_immutable=True),
    fetched_at=NOW,
    etag='"abc"',
    last_modified="Sun, 06 Nov 1994 08:49:37 GMT",
)
RESULT = ResultRecord(
    result_id="Abc-_123",
    sha256="cd" * 32,
    bytes=6_789,
    media_type="image/webp",
    extension="webp",
    width=100,
    height=50,
    is_provisional=True,
    negotiated=True,
    receipt_text='saved=45.1, score=72.0, format="webp", provisional',
    warnings=("limited by the timeout",),
    created_at=NOW,
    source_sha256="ab" * 32,
    filename="a",
)


def records(blobs: BlobStore) -> Records:
    return Records(blobs, memory=BoundedMemoryCache(max_bytes=1_000_000))


async def test_records_come_back_as_they_were(blobs: BlobStore) -> None:
    kept = records(blobs)
    await kept.put_source(KEY, SOURCE)
    await kept.put_result(RESULT)

    assert await kept.source(KEY) == SOURCE
    assert await kept.result(RESULT.result_id) == RESULT


async def test_records_outlive_the_process_that_wrote_them(blobs: BlobStore) -> None:
    await records(blobs).put_source(KEY, SOURCE)
    await records(blobs).put_result(RESULT)

    after_restart = records(blobs)

    assert await after_restart.source(KEY) == SOURCE
    assert await after_restart.result(RESULT.result_id) == RESULT


async def test_a_result_from_before_there_were_receipts_is_still_found(blobs: BlobStore) -> None:
    fields = {one.name: getattr(RESULT, one.name) for one in dataclass_fields(RESULT)}
    del fields["receipt_text"]
    old = msgspec.msgpack.encode(fields | {"receipt": {}})
    await blobs.put(result_record_path(RESULT.result_id), LAYOUT + old)

    assert await records(blobs).result(RESULT.result_id) == replace(RESULT, receipt_text="")


async def test_a_remembered_record_is_not_read_from_the_store_again(blobs: BlobStore) -> None:
    kept = records(blobs)
    await kept.put_result(RESULT)
    await blobs.delete(result_record_path(RESULT.result_id))

    assert await kept.result(RESULT.result_id) == RESULT


async def test_unknown_records_are_none(blobs: BlobStore) -> None:
    assert await records(blobs).source(KEY) is None
    assert await records(blobs).result("unknown") is None


async def test_a_refined_result_takes_the_place_of_the_provisional_one(blobs: BlobStore) -> None:
    kept = records(blobs)
    await kept.put_result(RESULT)
    refined = replace(RESULT, is_provisional=False, sha256="ef" * 32)

    await kept.put_result(refined)

    assert await kept.result(RESULT.result_id) == refined


async def test_a_forgotten_record_is_gone_from_memory_and_store(blobs: BlobStore) -> None:
    kept = records(blobs)
    await kept.put_source(KEY, SOURCE)
    await kept.put_result(RESULT)

    await kept.forget_source(KEY)
    await kept.forget_result(RESULT.result_id)

    assert await kept.source(KEY) is None
    assert await kept.result(RESULT.result_id) is None
    assert await records(blobs).source(KEY) is None


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="empty, as a power cut leaves it"),
        pytest.param(b"\x01", id="cut after its layout"),
        pytest.param(b"\x01\x81\xa3url\xa1a", id="fields missing"),
        pytest.param(b"\x63\x80", id="a layout of another version"),
        pytest.param(b"\x01\xc1\xff", id="no MessagePack"),
    ],
)
async def test_a_record_that_cannot_be_read_is_a_miss(blobs: BlobStore, damaged: bytes) -> None:
    await blobs.put(source_record_path(KEY), damaged)

    assert await records(blobs).source(KEY) is None


def test_the_etag_of_a_result_is_its_quoted_hash() -> None:
    assert RESULT.etag == f'"{"cd" * 32}"'


async def test_no_result_id_can_be_read_off_the_folder(tmp_path: Path) -> None:
    await records(BlobStore(tmp_path.as_uri())).put_result(RESULT)

    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]

    assert names
    assert not any(RESULT.result_id in name for name in names)


async def test_records_of_another_folder_are_strangers(blobs: BlobStore) -> None:
    memory = BoundedMemoryCache(max_bytes=1_000_000)
    records = Records(blobs, memory=memory)
    library = Records(blobs, memory=memory, folder="library/")
    await library.put_result(RESULT)

    assert await records.result(RESULT.result_id) is None
    await records.forget_result(RESULT.result_id)
    assert await library.result(RESULT.result_id) == RESULT
