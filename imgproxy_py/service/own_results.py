"""Results as single accounts were given them, each under a URL of its own.

The bytes are those of the shared result. What is an account's own is the record that names them:
it says that the account had this result before, until when its URL answers, and whether it lies in
the library, where nothing expires and nothing is pruned.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.keep import Item
from imgproxy_py.store.key import Key, own_key
from imgproxy_py.store.records import ResultRecord

log = logging.getLogger(__name__)

# A repeat begins the time anew, but a record is not written for every one of them: only once this
# share of its time is over. The URL answers at least as long as every answer has said.
RENEWED_AFTER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnResults:
    """`results` must have a library. `ttl` is how long a URL answers after it was asked for."""

    results: StoredResults
    ttl: timedelta

    async def find(self, key: Key, account_id: str, *, keeps: bool) -> ResultRecord | None:
        """What this account was given under `key` before, renewed; None when it never was, or
        when that has expired or was pruned.

        An unfinished one is finished without a charge, where that was made meanwhile, as its
        receipt said. A finished one stays what its receipt says, also when a smaller one was made.
        """
        try:
            had = await self.results.look(self._id_of(key, account_id))
        except ResultNotFound:
            return None
        best = await self._finished(had, key)
        is_kept = had.expires_at is None
        if best is had and (is_kept or not (keeps or self._is_due(had))):
            return had
        if keeps or is_kept:
            return await self._moved_to_library(best)
        return await self._renewed(best, had)

    def gift(self, key: Key, account_id: str, *, keeps: bool, filename: str) -> "Gift":
        """A result that is to be new to the account, under the name `filename`."""
        return Gift(
            shelf=self._library if keeps else self.results,
            result_id=self._id_of(key, account_id),
            filename=filename,
            ttl=None if keeps else self.ttl,
        )

    @property
    def _library(self) -> StoredResults:
        assert self.results.library is not None
        return self.results.library

    def _id_of(self, key: Key, account_id: str) -> str:
        return self.results.result_id(own_key(key, account_id))

    def _is_due(self, record: ResultRecord) -> bool:
        assert record.expires_at is not None
        return record.expires_at - self.results.now() < self.ttl * (1 - RENEWED_AFTER)

    async def _finished(self, had: ResultRecord, key: Key) -> ResultRecord:
        """`had`, or when it is unfinished and the shared result is not, with its bytes."""
        if not had.is_provisional:
            return had
        shared = await self.results.records.result(self.results.result_id(key))
        if shared is None or shared.sha256 == had.sha256 or not _is_finished_meanwhile(shared, had):
            return had
        if not await self.results.contents.has(shared.sha256, size=shared.bytes):
            return had
        return replace(
            shared,
            result_id=had.result_id,
            negotiated=False,
            filename=had.filename,
            freshness=had.freshness,
            expires_at=had.expires_at,
        )

    async def _renewed(self, best: ResultRecord, had: ResultRecord) -> ResultRecord:
        own = replace(best, expires_at=self.results.now() + self.ttl)
        try:
            await self.results.records.put_result(own)
        except StoreError:
            log.exception("a result's time could not be begun anew")
            return had
        return own

    async def _moved_to_library(self, own: ResultRecord) -> ResultRecord | None:
        """None when its bytes went away at this very moment."""
        data = await self.results.contents.get(own.sha256)
        if data is None:
            return None
        own = replace(own, expires_at=None)
        await self._library.contents.put(data, sha256=own.sha256)
        await self._library.records.put_result(own)
        await self.results.records.forget_result(own.result_id)
        return own


class Gift:
    """A result on its way to one account: written together with the shared one where that is new
    as well, else alone. It lies on `shelf` for `ttl`, for good when that is None."""

    def __init__(
        self, *, shelf: StoredResults, result_id: str, filename: str, ttl: timedelta | None
    ) -> None:
        self._shelf = shelf
        self._result_id = result_id
        self._filename = filename
        self._ttl = ttl
        self._handed_over: ResultRecord | None = None

    def items(self, answer: ImageAnswer) -> list[Item]:
        """What is to be written for it, by whoever stores `answer` (store/keep.py)."""
        own = self._handed_over = self._record(answer)
        shelf, items = self._shelf, list[Item]()
        if self._ttl is None:  # the library has bytes of its own
            items.append(shelf.contents.item(answer.data, sha256=own.sha256))
        return [*items, shelf.records.result_item(own)]

    async def give(self, answer: ImageAnswer) -> ResultRecord:
        """The account's own record, which is there now. Raises StoreError."""
        if self._handed_over is not None and answer.is_stored:
            await self._shelf.records.remember_result(self._handed_over)
            return self._handed_over
        own, shelf = self._record(answer), self._shelf
        if not await shelf.contents.has(own.sha256, size=own.bytes):
            await shelf.contents.put(answer.data, sha256=own.sha256)
        await shelf.records.put_result(own)
        return own

    def _record(self, answer: ImageAnswer) -> ResultRecord:
        return replace(
            answer.record,
            result_id=self._result_id,
            negotiated=False,
            freshness=answer.freshness,
            filename=self._filename,
            expires_at=None if self._ttl is None else self._shelf.now() + self._ttl,
        )


def _is_finished_meanwhile(shared: ResultRecord, had: ResultRecord) -> bool:
    return had.is_provisional and not shared.is_provisional and shared.crc32 != 0
