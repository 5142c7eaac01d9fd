"""One image of a quota while it is being made: reserved, then spent or given back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.accounts.quota import resets_at
from imgproxy_py.accounts.quota_ledger import End, QuotaLedger, Wish


class Charge:
    """What whoever makes the image holds in hand."""

    def __init__(self) -> None:
        self.is_spent = False

    def spend(self) -> None:
        """It was made: count it when the block ends."""
        self.is_spent = True


class Charges:
    """A requester that goes away, or a database that does, does not take the end of a charge along.

    `on_kept` is called when the database did not take one: the ledger keeps it.
    """

    def __init__(self, ledger: QuotaLedger, *, on_kept: Callable[[], None]) -> None:
        self._ledger = ledger
        self._on_kept = on_kept
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def of_wish(self, wish: Wish) -> AsyncIterator[Charge]:
        """Of one image, reserved while the block runs; QuotaExceeded when none is left."""
        await self._reserve(wish)
        charge = Charge()
        try:
            yield charge
        finally:
            end = End(spent=wish.ids) if charge.is_spent else End(released=wish.ids)
            await self._surely(end)

    @asynccontextmanager
    async def of_reservation(self, reservation_id: str) -> AsyncIterator[Charge]:
        """Of an image that somebody else has reserved, and gives back."""
        charge = Charge()
        try:
            yield charge
        finally:
            if charge.is_spent:
                await self._surely(End(spent=(reservation_id,)))

    async def wait_ended(self) -> None:
        """Every block that has ended is settled, or kept by the ledger."""
        if self._ending:
            await asyncio.wait(self._ending)

    async def _reserve(self, wish: Wish) -> None:
        try:
            reserved = await self._ledger.write(wish)
        except asyncio.CancelledError:
            # The row may be there already: whoever goes away now must not keep an image.
            await self._surely(End(released=wish.ids))
            raise
        if not reserved:
            resets_on = resets_at(wish.month).date().isoformat()
            raise QuotaExceeded(max_images=wish.limit, resets_on=resets_on)

    async def _surely(self, end: End) -> None:
        task = asyncio.create_task(self._ledger.settle(end))
        self._ending.add(task)
        task.add_done_callback(self._ended)
        await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if self._ledger.has_kept:
            self._on_kept()
