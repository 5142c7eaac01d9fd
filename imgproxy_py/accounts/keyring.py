"""Who an API key belongs to, without asking the database every time.

Keys are remembered by their hash: no plaintext stays in memory longer than its request.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import ApiKey, is_api_key, secret_hash
from imgproxy_py.accounts.errors import AccountDisabled, ApiKeyInvalid, PlanMissing
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.remembered import KNOWN_SECONDS, UNKNOWN_SECONDS, Remembered
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.write_behind import WriteBehind
from imgproxy_py.moments import utc_now

FLUSH_SECONDS = 5.0


class KeyRing:
    """`clock` gives seconds, `now` the time in UTC that is noted as a key's last use."""

    def __init__(
        self,
        repository: AccountRepository,
        *,
        plans: Mapping[str, Plan],
        known_seconds: float = KNOWN_SECONDS,
        unknown_seconds: float = UNKNOWN_SECONDS,
        flush_seconds: float = FLUSH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._repository = repository
        self._plans = plans
        self._now = now
        self._holders = Remembered(
            self._holder, known_seconds=known_seconds, unknown_seconds=unknown_seconds, clock=clock
        )
        self._used: dict[str, datetime] = {}
        self._later = WriteBehind(self._write, seconds=flush_seconds)

    async def identify(self, plaintext: str) -> Identity:
        """Who comes with this key; ApiKeyInvalid, AccountDisabled or PlanMissing."""
        if not is_api_key(plaintext):
            raise ApiKeyInvalid
        holder = await self._holders.find(secret_hash(plaintext))
        if holder is None:
            raise ApiKeyInvalid
        account, key = holder
        if account.is_disabled:
            raise AccountDisabled(account.username)
        plan = self._plans.get(account.plan)
        if plan is None:
            raise PlanMissing(account.plan)
        self._used[key.id] = self._now()
        self._later.arm()
        return Identity(account=account, plan=plan, key=key)

    def forget(self) -> None:
        """Ask anew for every key, because this process has just changed one."""
        self._holders.forget_all()

    async def close(self) -> None:
        """Write down the last uses."""
        await self._later.close()

    async def _holder(self, hashed: str) -> tuple[Account, ApiKey] | None:
        return await self._repository.find_by_hash(hashed)

    async def _write(self) -> None:
        used, self._used = self._used, {}
        try:
            await self._repository.note_used(used)
        except BaseException:
            self._used = used | self._used
            raise
