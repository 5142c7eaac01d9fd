"""Requests that must not be done twice: who does one, and what came of it.

The first request under a key claims its row and renews the claim while it works; its answer lies
there for a day. Every step is one writing transaction, so of any number of tasks and processes
one alone gets the claim. A claim that is no longer renewed belonged to a process that was
killed: whoever sends the same request again takes it over.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.tables import idempotency_keys as rows
from imgproxy_py.moments import utc_now

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
# Long enough for a process that is starved of CPU; short enough for a client that tries again
# after a restart.
LEASE_SECONDS = 30.0
# Old rows go in passing, and not too many at once: others wait for the write lock. That is room
# for half a million new ones a day.
REMOVE_EVERY = timedelta(seconds=20)
MAX_REMOVED = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to do one request; `token` tells it from those that others had before."""

    account_id: str
    key: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What came of the first request, to be said again."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Refusal(Enum):
    """Why there is neither a claim nor an answer."""

    KEY_REUSED = "another request was sent under this key"
    IN_PROGRESS = "the first request is still running"


class IdempotencyKeys:
    """The keys of all accounts in the database."""

    def __init__(
        self,
        database: Database,
        *,
        lease_seconds: float = LEASE_SECONDS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._now = now
        self._remove_at = now()

    async def claim(
        self, account_id: str, key: str, payload_sha256: str
    ) -> Claim | KeptAnswer | Refusal:
        """The right to do this request, or the answer that it has had, or why there is neither."""
        now = self._now()
        claim = Claim(account_id=account_id, key=key, token=uuid4().hex)
        values = {
            "payload_sha256": payload_sha256,
            "claim": claim.token,
            "claimed_until": self._lease_end(now),
            "status": None,
            "headers": None,
            "body": None,
            "expires_at": now + KEPT,
        }
        removes = self._is_time_to_remove(now)

        def claimed(connection: Connection) -> Claim | KeptAnswer | Refusal:
            if removes:
                _remove_expired(connection, now)
            new = upsert(rows).values(account_id=account_id, key=key, **values)
            inserted = new.on_conflict_do_nothing().returning(rows.c.key)
            if connection.execute(inserted).first() is not None:
                return claim
            row = connection.execute(select(rows).where(_is_of(claim))).mappings().one()
            known = _known(row, payload_sha256, now)
            if known is not None:
                return known
            connection.execute(update(rows).where(_is_of(claim)).values(**values))
            return claim

        return await self._database.write(claimed)

    async def keep(self, claim: Claim, answer: KeptAnswer) -> bool:
        """Keep the answer for a day. False when the claim was lost to somebody else meanwhile."""
        return await self._change(
            claim,
            claim=None,
            claimed_until=None,
            status=answer.status,
            headers=json.dumps(answer.headers),
            body=answer.body,
            expires_at=self._now() + KEPT,
        )

    async def release(self, claim: Claim) -> None:
        """Give the claim back: nothing was done, and the next request may do it at once."""
        await self._database.write(
            lambda connection: connection.execute(delete(rows).where(_is_held(claim)))
        )

    @asynccontextmanager
    async def renewed(self, claim: Claim) -> AsyncIterator[None]:
        """Keep the claim alive for as long as the block runs."""
        renewing = asyncio.create_task(self._renew(claim))
        try:
            yield
        finally:
            renewing.cancel()

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            now = self._now()
            try:
                await self._change(claim, claimed_until=self._lease_end(now), expires_at=now + KEPT)
            except Exception:
                log.exception("an idempotency key was not renewed")

    async def _change(self, held: Claim, **values: object) -> bool:
        statement = update(rows).where(_is_held(held)).values(**values).returning(rows.c.key)
        return await self._database.write(
            lambda connection: connection.execute(statement).first() is not None
        )

    def _is_time_to_remove(self, now: datetime) -> bool:
        """Once in a while, and then for one transaction."""
        if now < self._remove_at:
            return False
        self._remove_at = now + REMOVE_EVERY
        return True

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._lease_seconds)


def _remove_expired(connection: Connection, now: datetime) -> None:
    """Some of the rows whose day is over."""
    place = tuple_(rows.c.account_id, rows.c.key)
    old = select(*place.clauses).where(rows.c.expires_at <= now).limit(MAX_REMOVED)
    connection.execute(delete(rows).where(place.in_(old)))


def _known(
    row: Mapping[Any, Any], payload_sha256: str, now: datetime
) -> KeptAnswer | Refusal | None:
    """What a row says to a request of this payload; None when the request is to be done.

    A dead process may have done a part of its request, so its key stays that request's.
    """
    if row["expires_at"] <= now:
        return None
    if row["payload_sha256"] != payload_sha256:
        return Refusal.KEY_REUSED
    if row["status"] is not None:
        headers = tuple((name, value) for name, value in json.loads(row["headers"]))
        return KeptAnswer(status=row["status"], headers=headers, body=row["body"])
    return Refusal.IN_PROGRESS if row["claimed_until"] > now else None


def _is_of(claim: Claim) -> ColumnElement[bool]:
    return and_(rows.c.account_id == claim.account_id, rows.c.key == claim.key)


def _is_held(claim: Claim) -> ColumnElement[bool]:
    return and_(_is_of(claim), rows.c.claim == claim.token)
