"""The story of an order: what the JSON surface and jobs want of one picture, for one account.

    had it before? → open the source → had it before? → reserve an image
                   → stored already, or made now → a URL of the account's own

An order waits until its source is whole: the same content then costs nothing, whatever its origin
says of freshness, and no child of the engine waits for an origin. What somebody else had made
saves the work, but is an image of this account's quota like any other.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.errors import NotReadyInTime
from imgproxy_py.service.gift import Answering, Gift, ready
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.library import Libraries
from imgproxy_py.service.metering import Meter
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.order import Order
from imgproxy_py.service.own_results import OwnResults
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.collapse import Collapse
from imgproxy_py.store.key import Key, own_key
from imgproxy_py.store.records import ResultRecord
from imgproxy_py.workers.errors import DeadlineReached


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """`is_had`: the account had it before. `is_free`: it cost no image of the quota."""

    record: ResultRecord
    is_had: bool
    is_free: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """`result_ttl_seconds` is how long a result's URL answers, unless the order keeps it."""

    optimizer: Optimizer
    meter: Meter
    results: StoredResults
    libraries: Libraries
    result_ttl_seconds: float
    _own: OwnResults = field(init=False)
    _running: Collapse[_Given] = field(init=False, default_factory=Collapse)

    def __post_init__(self) -> None:
        own = OwnResults(
            results=self.results,
            libraries=self.libraries,
            ttl=timedelta(seconds=self.result_ttl_seconds),
        )
        object.__setattr__(self, "_own", own)

    async def fulfil(self, order: Order) -> Delivery:
        """Raises what went wrong, as one of our errors; NotReadyInTime at the deadline."""
        account, key_id = order.identity.account, order.identity.key_id
        try:
            given = await self._given(order)
        except QuotaExceeded:
            raise  # nothing was tried, so nothing failed
        except Exception:
            self.meter.note(account, key_id, failures=1)
            raise
        self.meter.note(
            account,
            key_id,
            images=int(not given.is_free),
            cache_hits=int(given.is_free),
            source_bytes=given.record.source_bytes,
            result_bytes=given.record.bytes,
        )
        return Delivery.of(given.record, is_cached=given.is_had, warnings=order.warnings)

    async def _given(self, order: Order) -> _Given:
        request = await self.optimizer.admission.by_key(order.identity.account, order.request())
        keys = Keys.of(request)
        found = await self._without_asking(order, request, keys)
        if found is not None:
            return found
        started_at = time.perf_counter()
        async with self.optimizer.sources.visit(request) as visit:
            if visit.wants_renewal:
                self.optimizer.renew(request, order.identity.account)
            source = await visit.source()
            await source.arrived()
            key = keys.result(source.spool.sha256)
            return await self._once(
                order, key, lambda: self._of_source(order, request, keys, source, started_at)
            )

    async def _without_asking(self, order: Order, request: Request, keys: Keys) -> _Given | None:
        """What is known of a source URL while it is fresh: its origin is not asked."""
        source = await self.results.usable_source(request)
        if source is None:
            return None
        if not source.freshness.is_fresh(time.time()):
            self.optimizer.renew(request, order.identity.account)
        key = keys.result(source.sha256)
        had = await self._had(order, key)
        if had is not None:
            return had
        shared = await self.optimizer.known.of_url(request, keys)
        if shared is None:
            return None

        async def given() -> _Given:
            return await self._had(order, key) or await self._charged(order, key, ready(shared))

        return await self._once(order, key, given)

    async def _once(self, order: Order, key: Key, give: Callable[[], Awaitable[_Given]]) -> _Given:
        """Of the same orders at the same time one is worked on; the others find it done."""
        is_job = order.reservation_id is not None
        same = (
            own_key(key, order.identity.account.id).digest,
            order.keeps_result,
            order.options.timeout_seconds,
            is_job,
        )
        outcome = await self._running.run(same, give)
        if not outcome.is_collapsed:
            return outcome.value
        own = await self._named(order, key, outcome.value.record)
        return replace(outcome.value, record=own, is_had=True, is_free=True)

    async def _of_source(
        self, order: Order, request: Request, keys: Keys, source: Source, started_at: float
    ) -> _Given:
        key = keys.result(source.spool.sha256)
        had = await self._had(order, key)
        if had is not None:
            await _note_source(source)
            return had
        shared = await self.optimizer.known.of_content(request, keys, source)
        if shared is not None:
            await _note_source(source)
            return await self._charged(order, key, ready(shared))

        async def made(gift: Gift) -> Answer:
            maker = self.optimizer.maker
            try:
                return await maker.make(
                    request, keys, source, started_at=started_at, beside=gift.items
                )
            except DeadlineReached as error:
                raise NotReadyInTime from error

        return await self._charged(order, key, made)

    async def _had(self, order: Order, key: Key) -> _Given | None:
        record = await self._own.find(key, order.identity.account.id, keeps=order.keeps_result)
        if record is None or _is_worth_another_try(record, order):
            return None
        own = await self._named(order, key, record)
        return _Given(record=own, is_had=True, is_free=True)

    async def _named(self, order: Order, key: Key, own: ResultRecord) -> ResultRecord:
        """Whoever sends the same picture under another name gets it under that."""
        account_id = order.identity.account.id
        return await self._own.named(own, key, account_id, filename=order.stem)

    async def _charged(self, order: Order, key: Key, answering: Answering) -> _Given:
        """The image is spent only once the account has its URL."""
        account = order.identity.account
        gift = self._own.gift(key, account.id, keeps=order.keeps_result, filename=order.stem)
        async with self.meter.image_charge(account, reservation_id=order.reservation_id) as charge:
            answer = await answering(gift)
            if not isinstance(answer, ImageAnswer):
                raise NotReadyInTime
            own = await gift.give(answer)
            if not answer.is_fed_back:
                charge.spend()
        return _Given(record=own, is_had=False, is_free=answer.is_fed_back)


async def _note_source(source: Source) -> None:
    """Its origin was asked and gave the same: while that is fresh it is not asked again."""
    if source.keeping is not None:
        await source.keeping.keep()


def _is_worth_another_try(record: ResultRecord, order: Order) -> bool:
    """An unfinished result, for whoever has more time than it had."""
    had_seconds = record.timeout_seconds or 0.0
    return record.is_provisional and order.options.timeout_seconds > had_seconds
