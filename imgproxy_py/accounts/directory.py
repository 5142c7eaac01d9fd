"""Finding the account of a username without asking the database every time.

Accounts change rarely and a request per image asks for them often, so each answer counts for a
few seconds.
"""

import time
from collections.abc import Awaitable, Callable

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import AccountDisabled, UnknownAccount
from imgproxy_py.accounts.remembered import (
    KNOWN_SECONDS,
    MAX_ENTRIES,
    UNKNOWN_SECONDS,
    Remembered,
)


class AccountDirectory:
    """`look_up` is asked once for requests that come together; `clock` gives seconds."""

    def __init__(
        self,
        look_up: Callable[[str], Awaitable[Account | None]],
        *,
        known_seconds: float = KNOWN_SECONDS,
        unknown_seconds: float = UNKNOWN_SECONDS,
        max_entries: int = MAX_ENTRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = Remembered(
            look_up,
            known_seconds=known_seconds,
            unknown_seconds=unknown_seconds,
            max_entries=max_entries,
            clock=clock,
        )

    async def find(self, username: str) -> Account:
        """The account of `username`; UnknownAccount or AccountDisabled when it may not come in."""
        account = await self._accounts.find(username)
        if account is None:
            raise UnknownAccount(username)
        if account.is_disabled:
            raise AccountDisabled(username)
        return account

    def forget(self, username: str) -> None:
        """Ask anew next time, because this process has just changed the account."""
        self._accounts.forget(username)
