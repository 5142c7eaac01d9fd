"""What we know of a source or of a result.

Records are small (a few hundred bytes), so looking one up is cheap; the bytes they speak of lie in
`contents.py`. Where and for how long they are remembered is told in `shelf.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from aiocache.base import BaseCache

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.key import Key, result_record_path, source_digest_of, source_record_path
from imgproxy_py.store.purges import Purges
from imgproxy_py.store.shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One source URL as it was last fetched. `url` carries no user-info; nor does `final_url`, to
    which redirects led and for which the validators hold (empty in a record from before it was
    kept). `tags` are the origin's (`Cache-Tag`, `Surrogate-Key`), by which its results can be
    purged."""

    url: str
    sha256: str
    bytes: int
    media_type: str
    freshness: Freshness
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    tags: tuple[str, ...] = ()
    final_url: str = ""


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

    `shared` is a memory that other processes see too. `folder` is where in the store they lie,
    empty or with a slash at its end. What was purged (`purges`) is a miss; what an account was
    given for a while, as its own, is not purged.
    """

    def __init__(
        self,
        blobs: BlobStore,
        *,
        memory: BaseCache,
        shared: BaseCache | None = None,
        folder: str = "",
        purges: Purges | None = None,
    ) -> None:
        self._folder = folder
        self._purges = Purges(blobs) if purges is None else purges
        self._sources = Shelf(SourceRecord, blobs, memory=memory, shared=shared)
        self._results = Shelf(ResultRecord, blobs, memory=memory, shared=shared)

    async def source(self, key: Key) -> SourceRecord | None:
        record = await self._sources.get(self._source_path(key))
        return None if record is None or self._is_purged_source(record, key.digest) else record

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
        record = await self._results.get(self._result_path(result_id))
        return None if record is None or self._is_purged_result(record) else record

    async def put_result(self, record: ResultRecord) -> None:
        await self._results.put(self._result_path(record.result_id), record)

    def result_item(self, record: ResultRecord) -> tuple[str, bytes]:
        """Where and what `put_result` writes."""
        return self._result_path(record.result_id), self._results.encoded(record)

    async def remember_result(self, record: ResultRecord) -> None:
        await self._results.remember(self._result_path(record.result_id), record)

    async def forget_result(self, result_id: str) -> None:
        await self._results.delete(self._result_path(result_id))

    def source_purged_at(self, key: Key, tags: tuple[str, ...] = ()) -> float:
        """When a source was purged last, by itself or by one of `tags`, in Unix seconds; 0 for
        never."""
        return self._purges.latest(source_digest=key.digest, tags=tags)

    async def purged_at(self, path: str) -> float | None:
        """When the record under `path`, of a listing of the store, was purged last, in Unix
        seconds; None when it was not."""
        digest = source_digest_of(path.removeprefix(self._folder))
        if digest is not None:
            source = await self._sources.read(path)
            if source is None or not self._is_purged_source(source, digest):
                return None
            return self._purges.latest(source_digest=digest, tags=source.tags)
        result = await self._results.read(path)
        if result is None or not self._is_purged_result(result):
            return None
        return self._purges.latest(source_digest=result.source_digest, tags=result.tags)

    def _is_purged_source(self, record: SourceRecord, digest: str) -> bool:
        return self._purges.is_purged(record.fetched_at, source_digest=digest, tags=record.tags)

    def _is_purged_result(self, record: ResultRecord) -> bool:
        return record.expires_at is None and self._purges.is_purged(
            record.created_at, source_digest=record.source_digest, tags=record.tags
        )

    def _source_path(self, key: Key) -> str:
        return self._folder + source_record_path(key)

    def _result_path(self, result_id: str) -> str:
        return self._folder + result_record_path(result_id)
