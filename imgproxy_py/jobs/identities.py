"""Who a job works for: its account, key and plan, looked up when it runs."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from sqlalchemy import select

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import ApiKey
from imgproxy_py.accounts.errors import AccountDisabled, PlanMissing
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.tables import accounts, api_keys
from imgproxy_py.database.database import Database

# The jobs of a batch ask for the same one again and again.
KNOWN_SECONDS = 5.0
MAX_ENTRIES = 1000

_KEY_COLUMNS = [column for column in api_keys.c if column.name != "secret_hash"]


class Identities:
    """`clock` gives seconds."""

    def __init__(
        self,
        database: Database,
        *,
        plans: Mapping[str, Plan],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._plans = plans
        self._clock = clock
        self._turn = asyncio.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[float, Identity]] = OrderedDict()

    async def find(self, account_id: str, key_id: str) -> Identity:
        """The identity that a job was accepted from, even if its key has been revoked since.

        AccountDisabled when the account may no longer come in.
        """
        async with self._turn:  # of jobs that begin together, the first asks for all
            identity = await self._found(account_id, key_id)
        if identity.account.is_disabled:
            raise AccountDisabled(identity.account.username)
        return identity

    async def _found(self, account_id: str, key_id: str) -> Identity:
        known = self._known.get((account_id, key_id))
        if known is None or self._clock() >= known[0]:
            known = (self._clock() + KNOWN_SECONDS, await self._look_up(account_id, key_id))
            self._known[account_id, key_id] = known
            if len(self._known) > MAX_ENTRIES:
                self._known.popitem(last=False)
        return known[1]

    async def _look_up(self, account_id: str, key_id: str) -> Identity:
        async with self._database.session() as session:
            of_account = select(accounts).where(accounts.c.id == account_id)
            account = Account(**(await session.execute(of_account)).mappings().one())
            of_key = select(*_KEY_COLUMNS).where(api_keys.c.id == key_id)
            row = (await session.execute(of_key)).mappings().first()
        plan = self._plans.get(account.plan)
        if plan is None:
            raise PlanMissing(account.plan)
        return Identity(account=account, plan=plan, key=None if row is None else ApiKey(**row))
