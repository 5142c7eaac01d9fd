"""The record of a result: what is known of it from the moment it was made."""

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, datetime

from imgproxy_py.engine.formats import FORMATS
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Optimized
from imgproxy_py.service.receipt_figures import written
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.records import ResultRecord
from options_grammar import Options


def result_record(
    outcome: Optimized,
    *,
    options: Options,
    id_of_result: str,
    source_sha256: str,
    source_bytes: int,
    filename: str,
    freshness: Freshness,
    source_digest: str = "",
    tags: tuple[str, ...] = (),
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
        receipt_text=written(receipt),
        warnings=outcome.warnings,
        created_at=datetime.now(UTC),
        source_sha256=source_sha256,
        filename=filename,
        freshness=freshness,
        source_bytes=source_bytes,
        crc32=zlib.crc32(outcome.data),
        source_digest=source_digest,
        tags=tags,
    )


def may_be_fed_back(outcome: Optimized) -> bool:
    """Whether what was re-encoded in its own size may have been a result of ours: it is lossy."""
    source = outcome.source
    is_same_size = (outcome.width, outcome.height) == (source.upright_width, source.upright_height)
    return is_same_size and not source.is_lossless and outcome.stop != "source"


def fed_back_record(
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
        source_digest=record.source_digest,
        tags=record.tags,
    )
