"""Callbacks that are due, in the rows of what they announce, so that they outlive every process.

Whoever takes one moves its due time on: a sender that is killed has only used up one attempt.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Table, select, update

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.repository import utc_now
from imgproxy_py.jobs.rows import job_of
from imgproxy_py.jobs.tables import jobs

# Longer than any attempt lasts (sources/callback.py).
LEASE = timedelta(seconds=60)


class Announced(Protocol):
    """A job, or a batch, that has ended."""

    @property
    def id(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def message_name(self) -> str:
        """The same for all attempts to tell the same, and for nothing else."""
        ...

    def as_json(self, *, public_url: str) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCallback:
    """One attempt to announce `subject` at `url`; the first is 1."""

    subject: Announced
    url: str
    attempt: int


class DueRows:
    """The columns `callback_url`, `callback_at` and `callback_attempt` of `table`."""

    def __init__(
        self, database: Database, table: Table, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._table = table
        self._now = now

    async def take(self, limit: int, *, without: Collection[str]) -> list[Mapping[Any, Any]]:
        """Up to `limit` rows that are due, but none of the accounts `without`."""
        now, columns = self._now(), self._table.c
        due = select(columns.id).where(columns.callback_at <= now)
        if without:
            due = due.where(columns.account_id.not_in(without))
        due = due.order_by(columns.callback_at).limit(limit)
        statement = (
            update(self._table)
            .where(columns.id.in_(due.with_for_update(skip_locked=True)))
            .values(callback_at=now + LEASE, callback_attempt=columns.callback_attempt + 1)
            .returning(*columns)
        )

        def is_any(connection: Connection) -> bool:
            return connection.execute(due.limit(1)).first() is not None

        def taken(connection: Connection) -> list[Mapping[Any, Any]]:
            return [dict(row) for row in connection.execute(statement).mappings()]

        if not await self._database.read(is_any):
            return []  # asked every second: a look needs no turn among the writers
        return await self._database.write(taken)

    async def settle(self, row_id: str, attempt: int, *, wait: timedelta | None) -> None:
        """Due again after `wait`, or done with; unless a later attempt has begun meanwhile."""
        columns = self._table.c
        statement = (
            update(self._table)
            .where(columns.id == row_id, columns.callback_attempt == attempt)
            .values(callback_at=None if wait is None else self._now() + wait)
        )
        await self._database.write(lambda connection: connection.execute(statement))


class CallbackRows:
    """Those of jobs."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._due = DueRows(database, jobs, now=now)

    async def take(self, limit: int, *, without: Collection[str] = ()) -> list[DueCallback]:
        """Up to `limit` that are due, but none of the accounts `without`."""
        return [
            DueCallback(
                subject=job_of(row), url=row["callback_url"], attempt=row["callback_attempt"]
            )
            for row in await self._due.take(limit, without=without)
        ]

    async def settle(self, callback: DueCallback, *, wait: timedelta | None) -> None:
        """Due again after `wait`, or done with."""
        await self._due.settle(callback.subject.id, callback.attempt, wait=wait)
