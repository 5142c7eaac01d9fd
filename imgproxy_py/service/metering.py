"""What the story asks of whoever counts images: a reservation while one is made, and notes."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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


class Unmetered:
    """Counts nothing and limits nothing: for benchmarks, and tests of other things."""

    def spend(self) -> None:
        """Nothing is counted."""

    @asynccontextmanager
    async def image_charge(
        self, account: Account, *, reservation_id: str | None = None
    ) -> AsyncIterator["Unmetered"]:
        yield self

    def note(self, who: Account, key_id: str = "", **counts: int) -> None:
        """Nothing is noted."""
