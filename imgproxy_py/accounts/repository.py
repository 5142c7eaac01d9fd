"""Accounts and keys in the database."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.accounts.account import Account, username_text
from imgproxy_py.accounts.api_key import ApiKey, IssuedKey, new_plaintext, secret_hash
from imgproxy_py.accounts.errors import (
    KeyLimitReached,
    KeyUnknown,
    PlanUnknown,
    UnknownAccount,
    UsernameTaken,
)
from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.accounts.tables import accounts, api_keys
from imgproxy_py.database.database import Database

_ACCOUNT_COLUMNS = list(accounts.columns)
_KEY_COLUMNS = [column for column in api_keys.columns if column.name != "secret_hash"]


def _now() -> datetime:
    return datetime.now(UTC)


class AccountRepository:
    """`plans` are those an account may be given; `now` gives the time of what is written."""

    def __init__(
        self,
        database: Database,
        *,
        plans: Mapping[str, Plan] = PLANS,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._plans = plans
        self._now = now

    async def find(self, username: str) -> Account | None:
        async with self._database.session() as session:
            return await _find(session, username)

    async def find_by_key(self, plaintext: str) -> tuple[Account, ApiKey] | None:
        """The account that an active key belongs to, found by the key's hash."""
        query = (
            select(api_keys, accounts.c.username)
            .join(accounts, accounts.c.id == api_keys.c.account_id)
            .where(api_keys.c.secret_hash == secret_hash(plaintext))
            .where(api_keys.c.revoked_at.is_(None))
        )
        async with self._database.session() as session:
            row = (await session.execute(query)).mappings().first()
            account = None if row is None else await _find(session, row["username"])
        return None if row is None or account is None else (account, _key(row))

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
            raise PlanUnknown(account.plan, tuple(self._plans))
        if plan.max_keys is not None and await _active_keys(session, account) >= plan.max_keys:
            raise KeyLimitReached(plan.max_keys)
        plaintext = plaintext or new_plaintext()
        key = ApiKey(
            id=uuid4().hex,
            account_id=account.id,
            name=name,
            last_four=plaintext[-4:],
            created_at=self._now(),
        )
        await session.execute(
            insert(api_keys).values(
                id=key.id,
                account_id=key.account_id,
                name=key.name,
                secret_hash=secret_hash(plaintext),
                last_four=key.last_four,
                created_at=key.created_at,
            )
        )
        return IssuedKey(plaintext=plaintext, key=key)

    async def list_keys(self, account: Account) -> list[ApiKey]:
        """All keys of an account, revoked ones too, oldest first."""
        query = (
            select(*_KEY_COLUMNS)
            .where(api_keys.c.account_id == account.id)
            .order_by(api_keys.c.created_at, api_keys.c.id)
        )
        async with self._database.session() as session:
            return [_key(row) for row in (await session.execute(query)).mappings()]

    async def revoke_key(self, account: Account, key_id: str) -> None:
        """From now on nobody comes in with this key; KeyUnknown when there is none."""
        statement = (
            update(api_keys)
            .where(api_keys.c.account_id == account.id, api_keys.c.id == key_id)
            .where(api_keys.c.revoked_at.is_(None))
            .values(revoked_at=self._now())
            .returning(api_keys.c.id)
        )
        async with self._database.begin() as session:
            if (await session.execute(statement)).first() is None:
                raise KeyUnknown(key_id)

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


async def _active_keys(session: AsyncSession, account: Account) -> int:
    query = select(func.count()).where(
        api_keys.c.account_id == account.id, api_keys.c.revoked_at.is_(None)
    )
    return (await session.execute(query)).scalar_one()


async def _find(session: AsyncSession, username: str) -> Account | None:
    query = select(*_ACCOUNT_COLUMNS).where(accounts.c.username == username)
    row = (await session.execute(query)).mappings().first()
    return None if row is None else Account(**row)


def _key(row: Mapping[Any, Any]) -> ApiKey:
    return ApiKey(**{column.name: row[column.name] for column in _KEY_COLUMNS})
