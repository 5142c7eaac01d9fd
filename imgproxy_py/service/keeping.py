"""A source that is new to the store, and its way there: bytes, and the record of them.

It is written together with the first result that is made of it (one hand-over to the disk instead
of two), or by itself where nobody makes any.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from imgproxy_py.service.kept_sources import KeptSources
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.keep import Item
from imgproxy_py.store.key import Key
from imgproxy_py.store.records import Records, SourceRecord

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What is to be written: a source's record under its key, and its bytes where they are kept."""

    source: tuple[Key, SourceRecord]
    items: tuple[Item, ...] = ()


class Keeping:
    """Whoever claims first writes. The source must be complete by then: `record` is made of it.

    Without `kept` and `spool` there are no bytes to be kept, only the record.
    """

    def __init__(
        self,
        *,
        records: Records,
        key: Key,
        record: Callable[[], SourceRecord],
        kept: KeptSources | None = None,
        spool: Spool | None = None,
    ) -> None:
        self._records = records
        self._key = key
        self._record = record
        self._kept = kept
        self._spool = spool
        self._is_claimed = False

    def claim(self) -> Claimed | None:
        """What is to be written; None when somebody does that already."""
        if self._is_claimed:
            return None
        self._is_claimed = True
        record = self._record()
        return Claimed(source=(self._key, record), items=self._items(record))

    async def keep(self) -> None:
        """Write it now, if nobody does. Trouble with the store is no reason to fail."""
        claimed = self.claim()
        if claimed is None:
            return
        key, record = claimed.source
        try:
            if self._kept is not None and claimed.items:
                contents = self._kept.contents
                if not await contents.has(record.sha256, size=record.bytes):
                    await contents.blobs.put_all(claimed.items)
            await self._records.put_source(key, record)
        except StoreError:
            log.exception("a source could not be kept")

    def _items(self, record: SourceRecord) -> tuple[Item, ...]:
        if self._kept is None or self._spool is None or not _is_of_use(record, time.time()):
            return ()
        item = self._kept.item(self._spool)
        return () if item is None else (item,)


def _is_of_use(record: SourceRecord, now: float) -> bool:
    """Whether the bytes may be used again: unasked, after a 304, or when the origin fails."""
    has_validators = bool(record.etag or record.last_modified)
    is_believed = record.freshness.is_fresh(now)
    return (
        has_validators or is_believed or record.freshness.may_serve_stale(now, origin_failed=True)
    )
