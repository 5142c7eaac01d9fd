"""A meter for tests and benchmarks of other things than quotas."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from imgproxy_py.accounts.account import Account


class Unmetered:
    """Counts nothing and limits nothing."""

    def spend(self) -> None:
        """Nothing is counted."""

    @asynccontextmanager
    async def image_charge(
        self, account: Account, *, reservation_id: str | None = None
    ) -> AsyncIterator["Unmetered"]:
        yield self

    def note(self, who: Account, key_id: str = "", **counts: int) -> None:
        """Nothing is noted."""
