"""Callbacks that are due, in the rows of their jobs, so that they outlive every process.

Whoever takes one moves its due time on: a sender that is killed has only used up one attempt.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.repository import utc_now
from imgproxy_py.jobs.rows import job_of
from imgproxy_py.jobs.tables import jobs

# Longer than any attempt lasts (sources/callback.py).
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCallback:
    """One attempt to announce `job`; the first is 1."""

    job: Job
    attempt: int


class CallbackRows:
    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def take(self, limit: int, *, without: Collection[str] = ()) -> list[DueCallback]:
        """Up to `limit` that are due, but none of the accounts `without`."""
        now = self._now()
        due = select(jobs.c.id).where(jobs.c.callback_at <= now)
        if without:
            due = due.where(jobs.c.account_id.not_in(without))
        due = due.order_by(jobs.c.callback_at).limit(limit)
        async with self._database.session() as session:
            if (await session.execute(due.limit(1))).first() is None:
                return []  # asked every second: a look needs no turn among the writers
        statement = (
            update(jobs)
            .where(jobs.c.id.in_(due.with_for_update(skip_locked=True)))
            .values(callback_at=now + LEASE, callback_attempt=jobs.c.callback_attempt + 1)
            .returning(*jobs.c)
        )
        async with self._database.begin() as session:
            rows = (await session.execute(statement)).mappings()
            return [DueCallback(job=job_of(row), attempt=row["callback_attempt"]) for row in rows]

    async def settle(self, callback: DueCallback, *, wait: timedelta | None) -> None:
        """Due again after `wait`, or done with; unless a later attempt has begun meanwhile."""
        statement = (
            update(jobs)
            .where(jobs.c.id == callback.job.id, jobs.c.callback_attempt == callback.attempt)
            .values(callback_at=None if wait is None else self._now() + wait)
        )
        async with self._database.begin() as session:
            await session.execute(statement)
