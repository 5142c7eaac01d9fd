"""Keys in the database, inside a transaction of the caller's: counting, adding and revoking them
belongs together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import ApiKey, IssuedKey, key_name_text, secret_hash
from imgproxy_py.accounts.errors import KeyUnknown
from imgproxy_py.accounts.tables import accounts, api_keys

_KEY_COLUMNS = [column for column in api_keys.columns if column.name != "secret_hash"]


async def add(
    session: AsyncSession, account: Account, *, name: str, plaintext: str, now: datetime
) -> IssuedKey:
    key = ApiKey(
        id=uuid4().hex,
        account_id=account.id,
        name=key_name_text(name),
        last_four=plaintext[-4:],
        created_at=now,
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


async def count_active(session: AsyncSession, account: Account) -> int:
    query = select(func.count()).where(
        api_keys.c.account_id == account.id, api_keys.c.revoked_at.is_(None)
    )
    return (await session.execute(query)).scalar_one()


async def count_all_active(session: AsyncSession) -> dict[str, int]:
    """Active keys by account; who has none is left out."""
    query = (
        select(api_keys.c.account_id, func.count().label("active"))
        .where(api_keys.c.revoked_at.is_(None))
        .group_by(api_keys.c.account_id)
    )
    return {row.account_id: row.active for row in await session.execute(query)}


async def of_account(session: AsyncSession, account: Account) -> list[ApiKey]:
    """All keys of an account, revoked ones too, oldest first."""
    query = (
        select(*_KEY_COLUMNS)
        .where(api_keys.c.account_id == account.id)
        .order_by(api_keys.c.created_at, api_keys.c.id)
    )
    return [_key(row) for row in (await session.execute(query)).mappings()]


async def revoke(session: AsyncSession, account: Account, key_id: str, *, now: datetime) -> ApiKey:
    """The key as it is from now on; KeyUnknown when the account has no such active key."""
    statement = (
        update(api_keys)
        .where(api_keys.c.account_id == account.id, api_keys.c.id == key_id)
        .where(api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(*_KEY_COLUMNS)
    )
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        raise KeyUnknown(key_id)
    return _key(row)


async def holder_of(session: AsyncSession, hashed: str) -> tuple[Account, ApiKey] | None:
    """The account that an active key belongs to, found by the key's hash."""
    columns = [column.label(f"holder_{column.name}") for column in accounts.columns]
    query = (
        select(*_KEY_COLUMNS, *columns)
        .join(accounts, accounts.c.id == api_keys.c.account_id)
        .where(api_keys.c.secret_hash == hashed, api_keys.c.revoked_at.is_(None))
    )
    row = (await session.execute(query)).mappings().first()
    if row is None:
        return None
    account = {column.name: row[f"holder_{column.name}"] for column in accounts.columns}
    return Account(**account), _key(row)


async def note_used(session: AsyncSession, used: Mapping[str, datetime]) -> None:
    """When each key, by its id, was used last; an older moment changes nothing."""
    later = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < bindparam("used_at"))
    statement = (
        update(api_keys)
        .where(api_keys.c.id == bindparam("key_id"), later)
        .values(last_used_at=bindparam("used_at"))
    )
    rows = [{"key_id": key_id, "used_at": used_at} for key_id, used_at in used.items()]
    # Many rows at once, and no objects of ours that SQLAlchemy should look after.
    await (await session.connection()).execute(statement, rows)


def _key(row: Mapping[Any, Any]) -> ApiKey:
    return ApiKey(**{column.name: row[column.name] for column in _KEY_COLUMNS})
