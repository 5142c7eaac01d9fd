"""An account's library: results that it keeps for good, entered, and taken out again."""

from dataclasses import dataclass
from typing import Protocol

from imgproxy_py.accounts.library import KeptResult, Library
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.blobs import Buffer
from imgproxy_py.store.records import ResultRecord


class Bytes(Protocol):
    """Whoever has the bytes of a result at hand, or can read them."""

    async def __call__(self) -> bytes | Buffer | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries:
    """`results` must have a library; `library` knows whose is what in it."""

    results: StoredResults
    library: Library

    async def enter(self, account_id: str, record: ResultRecord, read: Bytes) -> None:
        """Note what lies in the library. Should somebody who kept the same have deleted its bytes
        at this very moment, they are written once more; from now on nobody does. StoreError."""
        await self.library.keep(
            KeptResult(
                result_id=record.result_id,
                account_id=account_id,
                sha256=record.sha256,
                bytes=record.bytes,
                media_type=record.media_type,
                width=record.width,
                height=record.height,
                filename=record.filename,
                kept_at=self.library.now(),
            )
        )
        contents = self._shelf.contents
        if not await contents.has(record.sha256, size=record.bytes):
            data = await read()
            if data is not None:
                await contents.put(data, sha256=record.sha256)

    async def delete(self, account_id: str, result_id: str) -> None:
        """Its URL answers no more; its bytes go with the last one that has them.

        ResultNotFound when this account keeps no such result. StoreError, and then it is kept.
        """
        async with self.library.removing(account_id, result_id) as removed:
            if removed is None:
                raise ResultNotFound
            await self.results.records.forget_result(result_id)
            await self._shelf.records.forget_result(result_id)
            if removed.is_last:
                await self._shelf.contents.delete(removed.sha256)

    @property
    def _shelf(self) -> StoredResults:
        assert self.results.library is not None
        return self.results.library
