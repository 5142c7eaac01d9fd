"""Rules and signing keys of accounts' URLs, in the database and remembered for a few seconds."""

import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import ReferrerInvalid, SigningKeyUnknown
from imgproxy_py.accounts.remembered import KNOWN_SECONDS, Remembered
from imgproxy_py.accounts.tables import signing_keys, url_rules
from imgproxy_py.accounts.url_rules import UrlRules, is_referrer_pattern
from imgproxy_py.accounts.url_signature import SigningKey, new_key_id, new_secret
from imgproxy_py.database.database import Database
from imgproxy_py.moments import utc_now


class UrlAccess:
    """Changes count at once here, and in other processes after five seconds."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._now = now
        self._remembered = Remembered(self.load, known_seconds=KNOWN_SECONDS, clock=clock)

    async def rules(self, account_id: str) -> UrlRules:
        """As `load`, remembered."""
        return await self._remembered.find(account_id) or UrlRules()

    async def load(self, account_id: str) -> UrlRules:
        """What the database says; an account without rules has the empty ones."""
        async with self._database.session() as session:
            query = select(url_rules).where(url_rules.c.account_id == account_id)
            row = (await session.execute(query)).mappings().first()
            active = [key for key in await _keys(session, account_id) if key.is_active]
        return UrlRules(
            requires_signature=row is not None and row["requires_signature"],
            allowed_sources=() if row is None else _listed(row["allowed_sources"]),
            allowed_referrers=() if row is None else _listed(row["allowed_referrers"]),
            signing_keys={key.id: key.secret for key in active},
        )

    async def change(self, account: Account, rules: UrlRules) -> None:
        """Have these rules from now on; signing keys stay as they are. ReferrerInvalid when one is
        none; patterns of sources are checked by who knows how they are read."""
        for pattern in rules.allowed_referrers:
            if not is_referrer_pattern(pattern):
                raise ReferrerInvalid(pattern)
        async with self._database.begin() as session:
            await session.execute(delete(url_rules).where(url_rules.c.account_id == account.id))
            await session.execute(
                insert(url_rules).values(
                    account_id=account.id,
                    requires_signature=rules.requires_signature,
                    allowed_sources=",".join(rules.allowed_sources),
                    allowed_referrers=",".join(rules.allowed_referrers),
                )
            )
        self._remembered.forget(account.id)

    async def keys(self, account: Account) -> list[SigningKey]:
        """All signing keys, revoked ones too, oldest first."""
        async with self._database.session() as session:
            return await _keys(session, account.id)

    async def issue(self, account: Account) -> SigningKey:
        """A new key beside those that are active: URLs signed by any of them are good."""
        key = SigningKey(
            id=new_key_id(), account_id=account.id, secret=new_secret(), created_at=self._now()
        )
        async with self._database.begin() as session:
            await session.execute(
                insert(signing_keys).values(
                    id=key.id,
                    account_id=key.account_id,
                    secret=key.secret,
                    created_at=key.created_at,
                )
            )
        self._remembered.forget(account.id)
        return key

    async def revoke(self, account: Account, key_id: str) -> None:
        """URLs signed by this key are refused from now on; SigningKeyUnknown when there is none."""
        statement = (
            update(signing_keys)
            .where(signing_keys.c.account_id == account.id, signing_keys.c.id == key_id)
            .where(signing_keys.c.revoked_at.is_(None))
            .values(revoked_at=self._now())
            .returning(signing_keys.c.id)
        )
        async with self._database.begin() as session:
            found = (await session.execute(statement)).first()
        if found is None:
            raise SigningKeyUnknown(key_id)
        self._remembered.forget(account.id)


async def _keys(session: AsyncSession, account_id: str) -> list[SigningKey]:
    query = (
        select(signing_keys)
        .where(signing_keys.c.account_id == account_id)
        .order_by(signing_keys.c.created_at, signing_keys.c.id)
    )
    return [SigningKey(**row) for row in (await session.execute(query)).mappings()]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
