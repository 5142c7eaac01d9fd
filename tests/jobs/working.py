"""Attempts whose desk a test writes: everything else is real."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.attempt import Attempts
from imgproxy_py.jobs.identities import Identities
from imgproxy_py.jobs.spending import SpendingLater
from imgproxy_py.jobs.uploads import Uploads
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.order import Order
from imgproxy_py.store.blobs import BlobStore
from tests.jobs.making import DELIVERY


@dataclass(kw_only=True)
class WrittenDesk:
    """Fulfils as `fulfil_with` says, and spends the order's image when that succeeds."""

    spending: SpendingLater
    fulfil_with: Callable[[Order], Awaitable[Delivery]]
    at_once: int = 0
    most_at_once: int = 0

    async def fulfil(self, order: Order) -> Delivery:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            account = order.identity.account
            async with self.spending.image_charge(
                account, reservation_id=order.reservation_id
            ) as charge:
                delivery = await self.fulfil_with(order)
                if not delivery.is_cached:
                    charge.spend()
            return delivery
        finally:
            self.at_once -= 1


async def at_once(order: Order) -> Delivery:
    await asyncio.sleep(0)
    return DELIVERY


def attempts_with(
    database: Database,
    directory: Path,
    fulfil: Callable[[Order], Awaitable[Delivery]] = at_once,
) -> Attempts:
    meter = Meter(database, plans=PLANS)
    spending = SpendingLater(meter)
    return Attempts(
        desk=WrittenDesk(spending=spending, fulfil_with=fulfil),
        spending=spending,
        meter=meter,
        identities=Identities(database, plans=PLANS),
        uploads=Uploads(BlobStore("memory://"), spool_directory=directory),
        random=lambda: 0.0,
    )
