"""Finding the account of a request without asking the database every time.

Accounts change rarely and a request per image asks for them often, so each answer counts for a
few seconds, also "there is none". Made-up usernames have a memory of their own: a flood of them
cannot push the real ones out.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import AccountDisabled, UnknownAccount

KNOWN_SECONDS = 5.0
UNKNOWN_SECONDS = 2.0
MAX_ENTRIES = 10_000


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
        self._look_up = look_up
        self._known = _Memory(known_seconds, max_entries, clock)
        self._unknown = _Memory(unknown_seconds, max_entries, clock)
        self._asking: dict[str, asyncio.Task[Account | None]] = {}

    async def find(self, username: str) -> Account:
        """The account of `username`; UnknownAccount or AccountDisabled when it may not come in."""
        account = self._known.get(username)
        if account is None and username not in self._unknown:
            account = await self._ask(username)
        if account is None:
            raise UnknownAccount(username)
        if account.is_disabled:
            raise AccountDisabled(username)
        return account

    def forget(self, username: str) -> None:
        """Ask anew next time, because this process has just changed the account."""
        self._known.forget(username)
        self._unknown.forget(username)

    async def _ask(self, username: str) -> Account | None:
        task = self._asking.get(username)
        if task is None:
            task = asyncio.create_task(self._fill(username))
            self._asking[username] = task
        # One requester that goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _fill(self, username: str) -> Account | None:
        try:
            account = await self._look_up(username)
        finally:
            del self._asking[username]
        (self._unknown if account is None else self._known).put(username, account)
        return account


class _Memory:
    """The last `max_entries` answers, each for `seconds`."""

    def __init__(self, seconds: float, max_entries: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._max_entries = max_entries
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, Account | None]] = OrderedDict()

    def __contains__(self, username: str) -> bool:
        entry = self._entries.get(username)
        return entry is not None and self._clock() < entry[0]

    def get(self, username: str) -> Account | None:
        return self._entries[username][1] if username in self else None

    def put(self, username: str, account: Account | None) -> None:
        self._entries[username] = (self._clock() + self._seconds, account)
        self._entries.move_to_end(username)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def forget(self, username: str) -> None:
        self._entries.pop(username, None)
