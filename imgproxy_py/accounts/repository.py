"""Accounts and keys in the database."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.accounts import key_rows
from imgproxy_py.accounts.account import Account, username_text
from imgproxy_py.accounts.api_key import ApiKey, IssuedKey, new_plaintext
from imgproxy_py.accounts.errors import (
    KeyLimitReached,
    PlanMissing,
    PlanUnknown,
    UnknownAccount,
    UsernameTaken,
)
from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.accounts.tables import accounts
from imgproxy_py.database.database import Database
from imgproxy_py.moments import utc_now

_ACCOUNT_COLUMNS = list(accounts.columns)


class AccountRepository:
    """`plans` are those an account may be given; `now` gives the time of what is written."""

    def __init__(
        self,
        database: Database,
        *,
        plans: Mapping[str, Plan] = PLANS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._plans = plans
        self._now = now

    async def find(self, username: str) -> Account | None:
        async with self._database.session() as session:
            return await _find(session, username)

    async def find_by_hash(self, hashed: str) -> tuple[Account, ApiKey] | None:
        """The account that an active key belongs to, by the key's hash."""
        async with self._database.session() as session:
            return await key_rows.holder_of(session, hashed)

    async def list_accounts(self) -> list[Account]:
        """All accounts, oldest first."""
        query = select(*_ACCOUNT_COLUMNS).order_by(accounts.c.created_at, accounts.c.id)
        async with self._database.session() as session:
            return [Account(**row) for row in (await session.execute(query)).mappings()]

    async def create(self, username: str, *, plan: str) -> Account:
        """A new account; UsernameInvalid, UsernameTaken or PlanUnknown when it cannot be."""
        async with self._database.begin() as session:
            return await self.create_in(session, username, plan=plan)

    async def create_in(self, session: AsyncSession, username: str, *, plan: str) -> Account:
        """As `create`, inside a transaction of the caller's."""
        self._check(plan)
        account = Account(
            id=uuid4().hex, username=username_text(username), plan=plan, created_at=self._now()
        )
        try:
            await session.execute(
                insert(accounts).values(
                    id=account.id,
                    username=account.username,
                    plan=account.plan,
                    is_disabled=account.is_disabled,
                    created_at=account.created_at,
                )
            )
        except IntegrityError as error:
            raise UsernameTaken(username) from error
        return account

    async def set_plan(self, username: str, plan: str) -> Account:
        """Keys beyond those of the new plan stay; PlanUnknown when there is no such plan."""
        self._check(plan)
        return await self._change(username, plan=plan)

    async def set_disabled(self, username: str, is_disabled: bool) -> Account:
        return await self._change(username, is_disabled=is_disabled)

    async def issue_key(
        self, account: Account, *, name: str, plaintext: str | None = None
    ) -> IssuedKey:
        """A new key; KeyLimitReached when the account's plan allows no more."""
        async with self._database.begin() as session:
            return await self.issue_key_in(session, account, name=name, plaintext=plaintext)

    async def issue_key_in(
        self, session: AsyncSession, account: Account, *, name: str, plaintext: str | None = None
    ) -> IssuedKey:
        """As `issue_key`, inside a transaction of the caller's."""
        plan = self._plans.get(account.plan)
        if plan is None:
            raise PlanMissing(account.plan)
        active = await key_rows.count_active(session, account)
        if plan.max_keys is not None and active >= plan.max_keys:
            raise KeyLimitReached(plan.max_keys)
        return await key_rows.add(
            session, account, name=name, plaintext=plaintext or new_plaintext(), now=self._now()
        )

    async def list_keys(self, account: Account) -> list[ApiKey]:
        """All keys of an account, revoked ones too, oldest first."""
        async with self._database.session() as session:
            return await key_rows.of_account(session, account)

    async def count_keys(self) -> Mapping[str, int]:
        """Active keys of every account by its id; who has none is absent."""
        async with self._database.session() as session:
            return await key_rows.count_all_active(session)

    async def revoke_key(self, account: Account, key_id: str) -> ApiKey:
        """From now on nobody comes in with this key; KeyUnknown when there is none."""
        async with self._database.begin() as session:
            return await key_rows.revoke(session, account, key_id, now=self._now())

    async def rotate_key(self, account: Account, key_id: str) -> IssuedKey:
        """A new key of the same name instead of this one, at once; KeyUnknown when there is none.

        A row of its own: the old one goes on telling when it was made, used last and revoked. The
        number of active keys stays as it is, so a plan that is full is no hindrance.
        """
        async with self._database.begin() as session:
            now = self._now()
            old = await key_rows.revoke(session, account, key_id, now=now)
            return await key_rows.add(
                session, account, name=old.name, plaintext=new_plaintext(), now=now
            )

    async def note_used(self, used: Mapping[str, datetime]) -> None:
        """When each key, by its id, was used last."""
        if used:
            async with self._database.begin() as session:
                await key_rows.note_used(session, used)

    def _check(self, plan: str) -> None:
        if plan not in self._plans:
            raise PlanUnknown(plan, tuple(self._plans))

    async def _change(self, username: str, **values: object) -> Account:
        statement = update(accounts).where(accounts.c.username == username).values(**values)
        async with self._database.begin() as session:
            await session.execute(statement)
            account = await _find(session, username)
        if account is None:
            raise UnknownAccount(username)
        return account


async def count_accounts(session: AsyncSession) -> int:
    return (await session.execute(select(func.count()).select_from(accounts))).scalar_one()


async def _find(session: AsyncSession, username: str) -> Account | None:
    query = select(*_ACCOUNT_COLUMNS).where(accounts.c.username == username)
    row = (await session.execute(query)).mappings().first()
    return None if row is None else Account(**row)
