"""The meter: what an account may still have made this month, and what was made for it.

An image is reserved before it is made and spent when it was, so however many are worked on at the
same time, in however many processes, no month ever holds more than its limit.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from imgproxy_py.accounts import quota_rows
from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.charges import Charge, Charges
from imgproxy_py.accounts.errors import PlanMissing
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.quota import MonthUsage, month_of, resets_at
from imgproxy_py.accounts.quota_ledger import End, QuotaLedger, Wish
from imgproxy_py.accounts.usage import UsageReport
from imgproxy_py.accounts.usage_book import UsageBook
from imgproxy_py.accounts.write_behind import WriteBehind
from imgproxy_py.database.database import Database
from imgproxy_py.moments import utc_now

__all__ = ["Charge", "Meter"]

# Longer than any request lasts; so long do the images of a killed process stay reserved.
HOLD_SECONDS = 15 * 60
FLUSH_SECONDS = 5.0


class Meter:
    """`now` gives the time in UTC; counts are written every `flush_seconds`, and at `close`."""

    def __init__(
        self,
        database: Database,
        *,
        plans: Mapping[str, Plan],
        now: Callable[[], datetime] = utc_now,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._database = database
        self._plans = plans
        self._now = now
        self._ledger = QuotaLedger(database)
        self._book = UsageBook(database)
        self._later = WriteBehind(self._write, seconds=flush_seconds)
        self._charges = Charges(self._ledger, on_kept=self._later.arm)

    async def reserve(
        self, account: Account, ids: Sequence[str], *, hold_seconds: float = HOLD_SECONDS
    ) -> int:
        """Reserve one image for each of the first n ids, 32 hex characters; n is given back.

        After `hold_seconds` a reservation ends by itself. Without a monthly limit nothing needs
        reserving, and n is all of them. What was reserved under the same ids before is taken up.
        """
        limit = self._limit(account)
        if limit is None or not ids:
            return len(ids)
        wish = self._wish(account, ids, limit, hold_seconds)
        return await self._ledger.write(replace(wish, may_be_repeated=True))

    async def spend(self, account: Account, reservation_id: str) -> None:
        """Count a reserved image as made, in the month of its reservation; a second time is none.

        An image whose reservation has expired meanwhile may go uncounted. Without a monthly limit
        every call counts one.
        """
        if self._limit(account) is None:
            self._count(account)
        else:
            await self._ledger.write(End(spent=(reservation_id,)))

    async def release(self, ids: Collection[str]) -> None:
        """Give back reserved images that were not made."""
        if ids:
            await self._ledger.write(End(released=ids))

    def image_charge(
        self, account: Account, *, reservation_id: str | None = None
    ) -> AbstractAsyncContextManager[Charge]:
        """One image is reserved while the block runs; at its end spent when marked, or given back.

        QuotaExceeded when none is left. With a `reservation_id`, which somebody else made and
        gives back, this only spends.
        """
        limit = self._limit(account)
        if limit is None:
            return self._counted(account)
        if reservation_id is not None:
            return self._charges.of_reservation(reservation_id)
        return self._charges.of_wish(self._wish(account, (uuid4().hex,), limit, HOLD_SECONDS))

    def note(
        self,
        who: Identity | Account,
        key_id: str = "",
        *,
        images: int = 0,
        cache_hits: int = 0,
        failures: int = 0,
        source_bytes: int = 0,
        result_bytes: int = 0,
    ) -> None:
        """Count for the reports, in memory. An identity brings its own key."""
        if isinstance(who, Identity):
            account_id, key_id = who.account.id, key_id or who.key_id
        else:
            account_id = who.id
        counts = self._book.at(account_id, key_id, self._now().date())
        counts.images += images
        counts.cache_hits += cache_hits
        counts.failures += failures
        counts.source_bytes += source_bytes
        counts.result_bytes += result_bytes
        self._later.arm()

    async def month(self, account: Account) -> MonthUsage:
        """Where the account stands in the month of now."""
        await self.flush()
        now = self._now()
        month = month_of(now)
        used, reserved = await self._database.read(
            lambda connection: quota_rows.standing(connection, account.id, month, now=now)
        )
        return MonthUsage(
            month=month,
            used=used,
            reserved=reserved,
            limit=self._limit(account),
            resets_at=resets_at(month),
        )

    async def used_this_month(self) -> Mapping[str, int]:
        """Images of every account by its id, as far as written; who used none is absent."""
        month = month_of(self._now())
        return await self._database.read(lambda connection: quota_rows.used_in(connection, month))

    async def report(self, account: Account, month: str) -> UsageReport:
        """By day and by key, with what this process has counted so far; ValueError for no month."""
        await self.flush()
        return await self._book.report(account.id, month=month)

    async def flush(self) -> None:
        """Write what was counted. What fails is kept for the next time, and raised."""
        if self._book.has_unwritten or self._ledger.has_kept:
            await self._later.now()

    async def close(self) -> None:
        """Wait for charges that are ending, and write what is left."""
        await self._charges.wait_ended()
        await self._later.close()

    def _limit(self, account: Account) -> int | None:
        plan = self._plans.get(account.plan)
        if plan is None:
            raise PlanMissing(account.plan)
        return plan.max_images_per_month

    def _wish(self, account: Account, ids: Sequence[str], limit: int, hold_seconds: float) -> Wish:
        now = self._now()
        return Wish(
            account_id=account.id,
            ids=ids,
            month=month_of(now),
            limit=limit,
            now=now,
            expires_at=now + timedelta(seconds=hold_seconds),
        )

    @asynccontextmanager
    async def _counted(self, account: Account) -> AsyncIterator[Charge]:
        """Where nothing is limited."""
        charge = Charge()
        try:
            yield charge
        finally:
            if charge.is_spent:
                self._count(account)

    def _count(self, account: Account) -> None:
        self._book.count_image(account.id, month_of(self._now()))
        self._later.arm()

    async def _write(self) -> None:
        if self._ledger.has_kept:
            await self._ledger.retry()
        await self._book.write()
