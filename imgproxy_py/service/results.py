"""Stored results: found by key or by id, kept with what we know of their source."""

import hashlib
import logging
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from imgproxy_py.engine.formats import FORMATS
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Optimized
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.keep import keep
from imgproxy_py.store.key import Key, result_id, source_key
from imgproxy_py.store.records import Records, ResultRecord, SourceRecord
from options_grammar import Options

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

    async def keep(
        self,
        answer: ImageAnswer,
        outcome: Optimized,
        *,
        keys: Keys,
        options: Options,
        source: tuple[Key, SourceRecord] | None = None,
    ) -> bool:
        """Bytes first, then the records that make them findable: under their own key, and under
        the one by which they answer for themselves when they are fed back.

        False when the store failed: the answer is good all the same, only nobody finds it again.
        """
        fed_back = _fed_back_record(
            outcome,
            answer.record,
            options=options,
            id_of_result=self.result_id(keys.fed_back(answer.record.sha256)),
        )
        try:
            await keep(
                self.contents,
                self.records,
                data=answer.data,
                result=answer.record,
                source=source,
                fed_back=fed_back,
            )
        except StoreError:
            log.exception("a result could not be stored")
            return False
        return True


def result_record(
    outcome: Optimized,
    *,
    options: Options,
    id_of_result: str,
    source_sha256: str,
    source_bytes: int,
    filename: str,
    freshness: Freshness,
) -> ResultRecord:
    """The record of a fresh result, with its receipt written once for all who ask for it."""
    row = FORMATS[outcome.format]
    result_sha256 = hashlib.sha256(outcome.data).hexdigest()
    receipt = Receipt.of(
        outcome,
        options=options,
        source_bytes=source_bytes,
        source_sha256=source_sha256,
        result_sha256=result_sha256,
    )
    return ResultRecord(
        result_id=id_of_result,
        sha256=result_sha256,
        bytes=len(outcome.data),
        media_type=row.media_type,
        extension=row.extension,
        width=outcome.width,
        height=outcome.height,
        frames=outcome.frames,
        is_provisional=outcome.is_provisional,
        timeout_seconds=options.timeout_seconds if outcome.is_provisional else None,
        negotiated=outcome.negotiated,
        receipt_text=receipt.as_header(),
        warnings=outcome.warnings,
        created_at=datetime.now(UTC),
        source_sha256=source_sha256,
        filename=filename,
        freshness=freshness,
    )


def may_be_fed_back(outcome: Optimized) -> bool:
    """Whether what was re-encoded in its own size may have been a result of ours: it is lossy."""
    source = outcome.source
    is_same_size = (outcome.width, outcome.height) == (source.upright_width, source.upright_height)
    return is_same_size and not source.is_lossless and outcome.stop != "source"


def _fed_back_record(
    outcome: Optimized, record: ResultRecord, *, options: Options, id_of_result: str
) -> ResultRecord | None:
    """The record by which a result that is fed back with the same options answers for itself.

    None where it would say nothing new: an unfinished result, and a source that was kept.
    """
    if outcome.is_provisional or record.sha256 == record.source_sha256 or record.freshness is None:
        return None
    as_it_is = replace(outcome, stop="source", score=None, quality=None, attempts=0, warnings=())
    return result_record(
        as_it_is,
        options=options,
        id_of_result=id_of_result,
        source_sha256=record.sha256,
        source_bytes=record.bytes,
        filename="",
        freshness=record.freshness,
    )
