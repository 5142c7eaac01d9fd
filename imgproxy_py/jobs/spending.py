"""The meter as jobs see it: their images are reserved already, and counted when the job ends.

Whether one was spent is only remembered here; the transaction that ends the job counts it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Charge, Meter


class SpendingLater:
    """Stands in the place of `meter` where orders of jobs are fulfilled."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._spent: set[str] = set()

    @asynccontextmanager
    async def image_charge(
        self, account: Account, *, reservation_id: str | None = None
    ) -> AsyncIterator[Charge]:
        """As the meter's own, for reservations of jobs alone."""
        assert reservation_id is not None
        charge = Charge()
        try:
            yield charge
        finally:
            if charge.is_spent:
                self._spent.add(reservation_id)

    def take(self, reservation_id: str) -> bool:
        """Whether this one was spent; it is forgotten here."""
        is_spent = reservation_id in self._spent
        self._spent.discard(reservation_id)
        return is_spent

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
        """As the meter's own, but for failures: an attempt that failed is not yet a failed job."""
        if images or cache_hits:
            self._meter.note(
                who,
                key_id,
                images=images,
                cache_hits=cache_hits,
                source_bytes=source_bytes,
                result_bytes=result_bytes,
            )
