"""Batches as their account deals with them: listed, and cancelled as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, tuple_, update

from imgproxy_py.accounts import quota_rows
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.batch_repository import batch_of
from imgproxy_py.jobs.cursor import cursor_text, read_cursor
from imgproxy_py.jobs.repository import KEPT_AFTER_CANCEL, utc_now
from imgproxy_py.jobs.rows import due_at_end
from imgproxy_py.jobs.states import State, may_become
from imgproxy_py.jobs.tables import batches, jobs

# In a transaction: others wait for it.
ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """Some batches, newest first; `next_cursor` is None on the last page."""

    batches: tuple[Batch, ...]
    next_cursor: str | None


class AccountBatches:
    """`on_cancelled` hears the ids of jobs."""

    def __init__(
        self,
        database: Database,
        *,
        on_cancelled: Callable[[str], None] = lambda _job_id: None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._on_cancelled = on_cancelled
        self._now = now

    async def page(self, account_id: str, *, before: str | None = None, limit: int) -> BatchPage:
        """`limit` at a time; `before` is the cursor of the page before, or CursorInvalid."""
        # What is being removed has no name any more (retention.py).
        query = select(batches).where(
            batches.c.account_id == account_id, batches.c.client_batch_id != batches.c.id
        )
        if before is not None:
            query = query.where(tuple_(batches.c.created_at, batches.c.id) < read_cursor(before))
        query = query.order_by(batches.c.created_at.desc(), batches.c.id.desc()).limit(limit + 1)
        found = await self._database.read(
            lambda connection: [batch_of(row) for row in connection.execute(query).mappings()]
        )
        shown = tuple(found[:limit])
        more = cursor_text(shown[-1].created_at, shown[-1].id) if len(found) > limit else None
        return BatchPage(batches=shown, next_cursor=more)

    async def cancel(self, batch: Batch) -> int:
        """Cancel all of its jobs that have not ended; how many those were.

        Their images are given back as those of single jobs are (repository.py). Uploads go with
        the next sweep (reconcile.py). A chunk that is sent later goes on as if nothing had been.
        """
        cancelled = 0
        while ids := await self._database.write(lambda connection: self._some(connection, batch)):
            cancelled += len(ids)
            for job_id in ids:
                self._on_cancelled(job_id)
        return cancelled

    def _some(self, connection: Connection, batch: Batch) -> list[str]:
        now = self._now()
        query = (
            select(jobs.c.id, jobs.c.state)
            .where(jobs.c.batch_id == batch.id, jobs.c.account_id == batch.account_id)
            .where(jobs.c.state.in_(may_become(State.CANCELLED)))
            .limit(ROWS)
            .with_for_update()
        )
        states = {row.id: row.state for row in connection.execute(query)}
        if not states:
            return []
        connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(states))
            .values(state=State.CANCELLED.value, finished_at=now, callback_at=due_at_end(now))
            .values(owner=None, lease_until=None, user_info=None)
        )
        running = [each for each, state in states.items() if state == State.RUNNING.value]
        quota_rows.hold(connection, running, until=now + KEPT_AFTER_CANCEL)
        quota_rows.release(connection, [each for each in states if each not in set(running)])
        return list(states)
