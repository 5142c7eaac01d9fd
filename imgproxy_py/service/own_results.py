"""Results as single accounts were given them, each under a URL of its own.

The bytes are those of the shared result. What is an account's own is the record that names them:
it says that the account had this result before, until when its URL answers, and whether it lies in
the library, where nothing expires and nothing is pruned.

The same content under another file name has a record of its own beside the first, a copy but for
the name: it costs nothing, and has the same time.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.gift import Gift
from imgproxy_py.service.library import Libraries
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.blobs import Buffer
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.key import Key, named_key, own_key
from imgproxy_py.store.records import ResultRecord

log = logging.getLogger(__name__)

# A repeat begins the time anew, but a record is not written for every one of them: only once this
# share of its time is over. What answers say is always the time that the record has.
RENEWED_AFTER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnResults:
    """`results` must have a library. `ttl` is how long a URL answers after it was asked for."""

    results: StoredResults
    libraries: Libraries
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
        if keeps or (is_kept and best is not had):
            return await self._in_library(account_id, best, is_there=is_kept and best is had)
        if best is had and (is_kept or not self._is_due(had)):
            return had
        return await self._renewed(best, had)

    async def named(
        self, own: ResultRecord, key: Key, account_id: str, *, filename: str
    ) -> ResultRecord:
        """What `find` or a gift gave, under the name `filename`."""
        if own.filename == filename:
            return own
        named_id = self.results.result_id(named_key(own_key(key, account_id), filename))
        copy = replace(own, result_id=named_id, filename=filename)
        try:
            if own.expires_at is None:
                is_there = await self._library.records.result(named_id) == copy
                return await self._in_library(account_id, copy, is_there=is_there) or own
            if await self.results.records.result(named_id) != copy:
                await self.results.records.put_result(copy)
        except StoreError:
            log.exception("a result could not be stored under another name")
            return own
        return copy

    def gift(self, key: Key, account_id: str, *, keeps: bool, filename: str) -> Gift:
        """A result that is to be new to the account, under the name `filename`."""
        return Gift(
            shelf=self._library if keeps else self.results,
            libraries=self.libraries,
            account_id=account_id,
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

    async def _in_library(
        self, account_id: str, own: ResultRecord, *, is_there: bool
    ) -> ResultRecord | None:
        """`is_there`: its record is in the library already, and only has to be entered where it is
        not. None when its bytes went away at this very moment."""
        if is_there:
            if not await self.libraries.library.has(own.result_id):
                await self.libraries.enter(account_id, own, lambda: self._data(own))
            return own
        data = await self._data(own)
        if data is None:
            return None
        own = replace(own, expires_at=None)
        await self._library.contents.put(data, sha256=own.sha256)
        await self._library.records.put_result(own)
        await self.libraries.enter(account_id, own, lambda: self._data(own))
        await self.results.records.forget_result(own.result_id)
        return own

    async def _data(self, own: ResultRecord) -> Buffer | None:
        """From either shelf."""
        data = await self.results.contents.get(own.sha256)
        return await self._library.contents.get(own.sha256) if data is None else data


def _is_finished_meanwhile(shared: ResultRecord, had: ResultRecord) -> bool:
    return had.is_provisional and not shared.is_provisional and shared.crc32 != 0
