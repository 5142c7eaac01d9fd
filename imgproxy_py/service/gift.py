"""A result on its way to one account, to which it is new."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from imgproxy_py.service.library import Libraries
from imgproxy_py.service.response import Answer, ImageAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.blobs import Buffer
from imgproxy_py.store.keep import Item
from imgproxy_py.store.records import ResultRecord


@dataclass(slots=True, kw_only=True)
class Gift:
    """Written together with the shared result where that is new as well, else alone. It lies on
    `shelf` for `ttl`; for good, in one of the `libraries`, when that is None."""

    shelf: StoredResults
    libraries: Libraries
    account_id: str
    result_id: str
    filename: str
    ttl: timedelta | None
    _handed_over: ResultRecord | None = field(default=None, init=False)

    def items(self, answer: ImageAnswer) -> list[Item]:
        """What is to be written for it, by whoever stores `answer` (store/keep.py)."""
        own = self._handed_over = self._record(answer)
        items = list[Item]()
        if self.ttl is None:  # the library has bytes of its own
            items.append(self.shelf.contents.item(answer.data, sha256=own.sha256))
        return [*items, self.shelf.records.result_item(own)]

    async def give(self, answer: ImageAnswer) -> ResultRecord:
        """The account's own record, which is there now. Raises StoreError."""
        own = await self._written(answer)
        if self.ttl is None:

            async def data() -> bytes | Buffer:
                return answer.data

            await self.libraries.enter(self.account_id, own, data)
        return own

    async def _written(self, answer: ImageAnswer) -> ResultRecord:
        if self._handed_over is not None and answer.is_stored:
            await self.shelf.records.remember_result(self._handed_over)
            return self._handed_over
        own, shelf = self._record(answer), self.shelf
        if not await shelf.contents.has(own.sha256, size=own.bytes):
            await shelf.contents.put(answer.data, sha256=own.sha256)
        await shelf.records.put_result(own)
        return own

    def _record(self, answer: ImageAnswer) -> ResultRecord:
        return replace(
            answer.record,
            result_id=self.result_id,
            negotiated=False,
            freshness=answer.freshness,
            filename=self.filename,
            expires_at=None if self.ttl is None else self.shelf.now() + self.ttl,
        )


# Gives the answer that is to become an account's own; a gift that it had stored is there already.
Answering = Callable[[Gift], Awaitable[Answer]]


def ready(answer: Answer) -> Answering:
    """For an answer that is there."""

    async def give(_gift: Gift) -> Answer:
        return answer

    return give
