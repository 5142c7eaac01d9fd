"""Stored results: found by key or by id, kept with what we know of their source."""

import hashlib
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from imgproxy_py.engine.formats import FORMATS
from imgproxy_py.engine.result import Optimized
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.keep import keep
from imgproxy_py.store.key import Key, result_id, source_key
from imgproxy_py.store.records import Records, ResultRecord, SourceRecord

log = logging.getLogger(__name__)

# A record that says nothing of its source's freshness: each answer is checked again.
_UNKNOWN = Freshness(born_at=0.0, is_private=True, is_no_cache=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResults:
    """Contents and their records, seen as results. `secret` makes result ids unguessable."""

    contents: Contents
    records: Records
    secret: bytes

    def result_id(self, key: Key) -> str:
        """The id of the result under `key`: a capability, not derivable without the secret."""
        return result_id(self.secret, key.text)

    async def fresh_source(self, source_url: str) -> SourceRecord | None:
        """What we know of a source, while its origin lets us use it unasked."""
        record = await self.records.source(source_key(source_url))
        if record is None or record.freshness.fresh_until <= time.time():
            return None
        return record

    async def find(self, key: Key) -> ImageAnswer | None:
        """The result under a key, when there is one."""
        try:
            return await self.open(self.result_id(key))
        except ResultNotFound:
            return None

    async def open(self, id_of_result: str) -> ImageAnswer:
        """The result under an id; `ResultNotFound` when it is not, or no longer, whole."""
        record = await self.records.result(id_of_result)
        data = None if record is None else await self.contents.get(record.sha256)
        if record is None or data is None:
            raise ResultNotFound
        return ImageAnswer(
            record=record,
            data=memoryview(data),
            freshness=record.freshness or _UNKNOWN,
            is_stored=True,
            cache_status="hit",
        )

    async def keep(self, answer: ImageAnswer, source: tuple[Key, SourceRecord] | None) -> bool:
        """Bytes first, then the records that make them findable.

        False when the store failed: the answer is good all the same, only nobody finds it again.
        """
        try:
            await keep(
                self.contents,
                self.records,
                data=answer.data,
                result=answer.record,
                source=source,
            )
        except StoreError:
            log.exception("a result could not be stored")
            return False
        return True


def result_record(
    outcome: Optimized,
    *,
    id_of_result: str,
    source_sha256: str,
    filename: str,
    freshness: Freshness,
) -> ResultRecord:
    """The record of a fresh result."""
    row = FORMATS[outcome.format]
    return ResultRecord(
        result_id=id_of_result,
        sha256=hashlib.sha256(outcome.data).hexdigest(),
        bytes=len(outcome.data),
        media_type=row.media_type,
        extension=row.extension,
        width=outcome.width,
        height=outcome.height,
        frames=outcome.frames,
        is_provisional=outcome.is_provisional,
        negotiated=outcome.negotiated,
        warnings=outcome.warnings,
        created_at=datetime.now(UTC),
        source_sha256=source_sha256,
        filename=filename,
        freshness=freshness,
    )
