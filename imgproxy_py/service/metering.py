"""What the story asks of whoever counts images: a reservation while one is made, and notes."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from imgproxy_py.accounts.account import Account


class Charge(Protocol):
    """One image of the quota while it is being made."""

    def spend(self) -> None:
        """It was made: it counts once the block ends."""
        ...


class Meter(Protocol):
    """Whoever knows the quotas, and counts for the reports."""

    def image_charge(
        self, account: Account, *, reservation_id: str | None = None
    ) -> AbstractAsyncContextManager[Charge]:
        """One image, reserved while the block runs; QuotaExceeded when none is left."""
        ...

    def note(
        self,
        who: Account,
        key_id: str = "",
        *,
        images: int = 0,
        cache_hits: int = 0,
        failures: int = 0,
        source_bytes: int = 0,
        result_bytes: int = 0,
    ) -> None:
        """Count, in memory; nobody waits."""
        ...
