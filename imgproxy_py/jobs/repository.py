"""Jobs as their accounts see them: put in, looked at, listed, cancelled. Workers use leases.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, tuple_, update

from imgproxy_py.accounts import quota_rows
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.cursor import cursor_text, read_cursor
from imgproxy_py.jobs.errors import JobFinished, JobNotFound
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.rows import due_at_end, job_of, new_row
from imgproxy_py.jobs.states import State, may_become
from imgproxy_py.jobs.tables import jobs

# A job holds its image of the quota until it has ended, however long the queue is.
HOLD = timedelta(days=400)
# A worker elsewhere hears of it within a third of its lease, or says that the image is made.
KEPT_AFTER_CANCEL = timedelta(seconds=60)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs of a list, newest first; `next_cursor` is None on the last page."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


class JobRepository:
    """`now` gives the time of what is written, in UTC."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def insert(self, new: Sequence[Job]) -> None:
        """Put all of them into the queue, or none; their reservations are theirs to the end."""
        until = self._now() + HOLD

        def insert_all(connection: Connection) -> None:
            connection.execute(insert(jobs), [new_row(job) for job in new])
            quota_rows.hold(connection, [job.id for job in new], until=until)

        await self._database.write(insert_all)

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids, some hundreds at most, that are jobs'.

        Asked behind everything that this process is writing already, rows of these ids among it.
        """
        query = select(jobs.c.id).where(jobs.c.id.in_(ids))
        return await self._database.write(
            lambda connection: set(connection.execute(query).scalars())
        )

    async def get(self, account_id: str, job_id: str) -> Job:
        """One job of an account; JobNotFound."""
        return await self._database.read(lambda connection: _get(connection, account_id, job_id))

    async def cancel(self, account_id: str, job_id: str) -> Job:
        """From now on nobody works on it; its reservation is given back.

        Of a job that runs it is kept for a minute more: when its image is made by now, the account
        has it, and it counts (leases.py). Cancelling twice is no error. JobNotFound, or JobFinished
        when it had ended otherwise.
        """
        now = self._now()
        statement = (
            update(jobs)
            .where(jobs.c.account_id == account_id, jobs.c.id == job_id)
            .where(jobs.c.state.in_(may_become(State.CANCELLED)))
            .values(state=State.CANCELLED.value, finished_at=now, callback_at=due_at_end(now))
            .values(owner=None, lease_until=None, user_info=None)
            .returning(*jobs.c)
        )

        def cancel(connection: Connection) -> Job:
            before = _get(connection, account_id, job_id, is_to_change=True)
            row = connection.execute(statement).mappings().first()
            if row is None:
                return before
            if before.state is State.RUNNING:
                quota_rows.hold(connection, [job_id], until=now + KEPT_AFTER_CANCEL)
            else:
                quota_rows.release(connection, [job_id])
            return job_of(row)

        job = await self._database.write(cancel)
        if job.state is not State.CANCELLED:
            raise JobFinished(job_id, job.state)
        return job

    async def list(
        self,
        account_id: str,
        *,
        state: State | None = None,
        batch_id: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> Page:
        """Newest first, `limit` at a time; `before` is the cursor of the page before."""
        query = select(jobs).where(jobs.c.account_id == account_id)
        if state is not None:
            query = query.where(jobs.c.state == state.value)
        if batch_id is not None:
            query = query.where(jobs.c.batch_id == batch_id)
        if before is not None:
            query = query.where(tuple_(jobs.c.created_at, jobs.c.id) < read_cursor(before))
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit + 1)
        found = await self._database.read(
            lambda connection: [job_of(row) for row in connection.execute(query).mappings()]
        )
        has_more = len(found) > limit
        shown = tuple(found[:limit])
        cursor = cursor_text(shown[-1].created_at, shown[-1].id) if has_more else None
        return Page(jobs=shown, next_cursor=cursor)


def _get(
    connection: Connection, account_id: str, job_id: str, *, is_to_change: bool = False
) -> Job:
    query = select(jobs).where(jobs.c.account_id == account_id, jobs.c.id == job_id)
    if is_to_change:
        query = query.with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        raise JobNotFound(job_id)
    return job_of(row)
