"""Stored results: found by key or by id, kept with what we know of their source."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from imgproxy_py.engine.result import Optimized
from imgproxy_py.moments import utc_now
from imgproxy_py.service.cache_use import HIT
from imgproxy_py.service.errors import ResultExpired, ResultNotFound
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.result_record import fed_back_record
from imgproxy_py.service.source_facts import may_be_used
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.keep import Item, keep
from imgproxy_py.store.key import Key, result_id, source_key
from imgproxy_py.store.records import Records, ResultRecord, SourceRecord
from options_grammar import Options

log = logging.getLogger(__name__)
T = TypeVar("T")

# A record that says nothing of its source's freshness: each answer is checked again.
_UNKNOWN = Freshness(born_at=0.0, is_private=True, is_no_cache=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResults:
    """Contents and their records, seen as results. `secret` makes result ids unguessable.

    `library` holds what accounts keep for good; results are found by their id in either.
    """

    contents: Contents
    records: Records
    secret: bytes = field(repr=False)
    library: "StoredResults | None" = None
    now: Callable[[], datetime] = utc_now

    def result_id(self, key: Key) -> str:
        """The id of the result under `key`: a capability, not derivable without the secret."""
        return result_id(self.secret, key.text)

    async def source(self, request: Request) -> SourceRecord | None:
        """What we know of a request's source, and may use for it."""
        if request.source_url is None:
            return None
        record = await self.records.source(source_key(request.source_url))
        if record is None or not may_be_used(record, request.allowed_sources):
            return None
        return record

    async def usable_source(self, request: Request) -> SourceRecord | None:
        """The same, while its origin lets us use it unasked: it is fresh, or stale and may be
        served while it is asked for."""
        record = await self.source(request)
        if record is None or not record.freshness.is_usable(time.time()):
            return None
        return record

    async def find(self, key: Key, *, may_be_unread: bool = False) -> ImageAnswer | None:
        """The result under a key, when there is one. `may_be_unread`: somebody else will send it,
        so that a large file is not read here."""
        try:
            return await self._open(self.result_id(key), may_be_unread=may_be_unread)
        except ResultNotFound:
            return None

    async def look(self, id_of_result: str) -> ResultRecord:
        """The record of a result that `open` would find, without reading its bytes."""
        return await self._on_either_shelf(StoredResults._look, id_of_result)

    async def open(self, id_of_result: str, *, may_be_unread: bool = False) -> ImageAnswer:
        """The result under an id; `ResultNotFound` when it is not, or no longer, whole, and
        `ResultExpired` when its time is over."""
        find = partial(StoredResults._open, may_be_unread=may_be_unread)
        answer = await self._on_either_shelf(find, id_of_result)
        return replace(answer, freshness=await self._latest_freshness(answer))

    async def _latest_freshness(self, answer: ImageAnswer) -> Freshness:
        """That of its source by now: it may have been found unchanged since the result was made."""
        record = answer.record
        if not record.source_digest or answer.freshness.is_fresh(time.time()):
            return answer.freshness
        source = await self.records.source(Key(text="", digest=record.source_digest))
        if source is None or source.sha256 != record.source_sha256:
            return answer.freshness
        return source.freshness

    async def _on_either_shelf(
        self, find: "Callable[[StoredResults, str], Awaitable[T]]", id_of_result: str
    ) -> T:
        """Of what expired, and was kept for good since, the kept one counts."""
        if self.library is None:
            return await find(self, id_of_result)
        try:
            return await find(self, id_of_result)
        except ResultNotFound as error:
            try:
                return await find(self.library, id_of_result)
            except ResultNotFound:
                raise error from None

    async def _look(self, id_of_result: str) -> ResultRecord:
        record = await self._record(id_of_result)
        if not await self.contents.has(record.sha256, size=record.bytes):
            raise ResultNotFound
        return record

    async def _record(self, id_of_result: str) -> ResultRecord:
        record = await self.records.result(id_of_result)
        if record is None:
            raise ResultNotFound
        if record.expires_at is not None and record.expires_at <= self.now():
            raise ResultExpired
        return record

    async def _open(self, id_of_result: str, *, may_be_unread: bool = False) -> ImageAnswer:
        record = await self._record(id_of_result)
        data = None
        if may_be_unread:
            data = self.contents.unread(record.sha256, size=record.bytes)
        if data is None:
            data = await self.contents.get(record.sha256)
        if data is None:
            raise ResultNotFound
        return ImageAnswer(
            record=record,
            data=memoryview(data),
            freshness=record.freshness or _UNKNOWN,
            is_stored=True,
            cache=HIT,
            is_made=False,
        )

    async def keep(
        self,
        answer: ImageAnswer,
        outcome: Optimized,
        *,
        keys: Keys,
        options: Options,
        source: tuple[Key, SourceRecord] | None = None,
        beside: Sequence[Item] = (),
    ) -> bool:
        """Bytes first, then the records that make them findable: under their own key, and under
        the one by which they answer for themselves when they are fed back. `beside` goes with them.

        False when the store failed: the answer is good all the same, only nobody finds it again.
        """
        fed_back = fed_back_record(
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
                beside=beside,
            )
        except StoreError:
            log.exception("a result could not be stored")
            return False
        return True
