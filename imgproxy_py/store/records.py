"""What we know of a source or of a result, kept beside its bytes and remembered in memory.

Records are small (a few hundred bytes of MessagePack behind one byte that names their layout), so
looking one up is cheap; the bytes they speak of lie in `contents.py`.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from aiocache.base import BaseCache

from imgproxy_py.store.blobs import BlobStore, Buffer
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.key import Key, result_record_path, source_record_path

log = logging.getLogger(__name__)

# Raise it when a field changes its meaning; a new field with a default needs no new layout.
LAYOUT = b"\x01"

# Another process may have refined a result meanwhile: memory is asked again after this long.
MEMORY_SECONDS = 60.0

# How much larger a record is as objects than as MessagePack; tracemalloc says 1.7 to 2.9.
DECODED_TIMES_ENCODED = 3

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One source URL as it was last fetched. `url` carries no user-info. `tags` are the origin's
    (`Cache-Tag`, `Surrogate-Key`), by which its results can be purged."""

    url: str
    sha256: str
    bytes: int
    media_type: str
    freshness: Freshness
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """One result. `sha256` names its bytes, and quoted it is the strong ETag.

    `receipt_text` is the value of its header, ready to be sent; empty for a result from before
    there were receipts. `filename` is the stem offered to whoever saves it. `freshness` is that of
    the source at the time, for answers under the result's own URL; None for an upload.
    `timeout_seconds` is what a provisional one was allowed.

    `source_bytes` and `crc32` (of the result's bytes) are 0 in a record from before they were
    kept. `expires_at` is set in what an account was given for a while only. `source_digest` is the
    digest of the source URL's key, empty for an upload, and `tags` are its source's.
    """

    result_id: str
    sha256: str
    bytes: int
    media_type: str
    extension: str
    width: int
    height: int
    frames: int = 1
    is_provisional: bool = False
    timeout_seconds: float | None = None
    negotiated: bool = False
    receipt_text: str = ""
    warnings: tuple[str, ...] = ()
    created_at: datetime
    source_sha256: str
    filename: str = ""
    freshness: Freshness | None = None
    source_bytes: int = 0
    crc32: int = 0
    expires_at: datetime | None = None
    source_digest: str = ""
    tags: tuple[str, ...] = ()

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'


class Records:
    """Sources by their key and results by their id; a record that cannot be read is a miss.

    `folder` is where in the store they lie, empty or with a slash at its end.
    """

    def __init__(self, blobs: BlobStore, *, memory: BaseCache, folder: str = "") -> None:
        self._folder = folder
        self._sources = _Shelf(SourceRecord, blobs, memory)
        self._results = _Shelf(ResultRecord, blobs, memory)

    async def source(self, key: Key) -> SourceRecord | None:
        return await self._sources.get(self._source_path(key))

    async def put_source(self, key: Key, record: SourceRecord) -> None:
        await self._sources.put(self._source_path(key), record)

    def source_item(self, key: Key, record: SourceRecord) -> tuple[str, bytes]:
        """Where and what `put_source` writes."""
        return self._source_path(key), self._sources.encoded(record)

    async def remember_source(self, key: Key, record: SourceRecord) -> None:
        await self._sources.remember(self._source_path(key), record)

    async def forget_source(self, key: Key) -> None:
        await self._sources.delete(self._source_path(key))

    async def result(self, result_id: str) -> ResultRecord | None:
        return await self._results.get(self._result_path(result_id))

    async def put_result(self, record: ResultRecord) -> None:
        await self._results.put(self._result_path(record.result_id), record)

    def result_item(self, record: ResultRecord) -> tuple[str, bytes]:
        """Where and what `put_result` writes."""
        return self._result_path(record.result_id), self._results.encoded(record)

    async def remember_result(self, record: ResultRecord) -> None:
        await self._results.remember(self._result_path(record.result_id), record)

    async def forget_result(self, result_id: str) -> None:
        await self._results.delete(self._result_path(result_id))

    def _source_path(self, key: Key) -> str:
        return self._folder + source_record_path(key)

    def _result_path(self, result_id: str) -> str:
        return self._folder + result_record_path(result_id)


@dataclass(frozen=True, slots=True)
class _Remembered(Generic[R]):
    """A decoded record in memory, with its weight as its length.

    Decoding costs ten times what looking up does, so memory holds what decoding gave.
    """

    record: R
    weight_bytes: int

    def __len__(self) -> int:
        return self.weight_bytes


class _Shelf(Generic[R]):
    """Records of one type under their paths."""

    def __init__(self, record_type: type[R], blobs: BlobStore, memory: BaseCache) -> None:
        self._decoder = msgspec.msgpack.Decoder(record_type)
        self._encoder = msgspec.msgpack.Encoder()
        self._blobs = blobs
        self._memory = memory

    async def get(self, path: str) -> R | None:
        remembered: _Remembered[R] | None = await self._memory.get(path)
        if remembered is not None:
            return remembered.record
        data = await self._blobs.get(path)
        record = None if data is None else self._decoded(path, data)
        if data is not None and record is not None:
            await self.remember(path, record, len(data))
        return record

    async def put(self, path: str, record: R) -> None:
        data = self.encoded(record)
        await self._blobs.put(path, data)
        await self.remember(path, record, len(data))

    def encoded(self, record: R) -> bytes:
        return LAYOUT + self._encoder.encode(record)

    async def remember(self, path: str, record: R, encoded_bytes: int | None = None) -> None:
        size = len(self.encoded(record)) if encoded_bytes is None else encoded_bytes
        held = _Remembered(record, size * DECODED_TIMES_ENCODED)
        await self._memory.set(path, held, ttl=MEMORY_SECONDS)

    async def delete(self, path: str) -> None:
        await self._blobs.delete(path)
        await self._memory.delete(path)

    def _decoded(self, path: str, data: Buffer) -> R | None:
        view = memoryview(data)
        if view[:1] != LAYOUT:
            return None
        try:
            return self._decoder.decode(view[1:])
        except msgspec.MsgspecError:
            log.warning("a damaged record counts as missing", extra={"path": path})
            return None
