"""Jobs and batches that ended long ago, removed a few hundred rows at a time.

A batch goes as a whole: it loses its name first, so that nobody sees half of it, then its jobs, and
at last itself. Whatever is killed in between, the next round goes on there.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    and_,
    delete,
    or_,
    select,
    update,
)

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.repository import utc_now
from imgproxy_py.jobs.tables import batch_chunks, batch_rejections, batches, jobs

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
# A transaction keeps other writers waiting for some ten milliseconds, and then lets them go first.
ROWS = 500
PAUSE_SECONDS = 0.05


class Retention:
    """Any number of processes may run one. `kept` is counted from the end of a job, or from that of
    the last job of a batch."""

    def __init__(
        self,
        database: Database,
        *,
        kept: timedelta,
        now: Callable[[], datetime] = utc_now,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._database = database
        self._kept = kept
        self._now = now
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """At once, and every hour, until cancelled."""
        while True:
            try:
                removed = await self.remove_old()
                if removed:
                    log.info("removed old jobs", extra={"jobs": removed})
            except Exception:
                log.exception("old jobs could not be removed")
            await asyncio.sleep(self._every_seconds)

    async def remove_old(self) -> int:
        """Everything whose time is over; how many jobs that were."""
        before = self._now() - self._kept
        removed = await self._all(
            jobs, select(jobs.c.id).where(jobs.c.batch_id.is_(None), jobs.c.finished_at < before)
        )
        for batch_id in await self._old_batches(before):
            removed += await self._remove_batch(batch_id, before)
        return removed

    async def _old_batches(self, before: datetime) -> Collection[str]:
        """Those that were begun in time to be over by now, and those whose removal was begun."""
        query = select(batches.c.id).where(
            or_(
                batches.c.client_batch_id == batches.c.id,
                and_(batches.c.created_at < before, _is_over(before)),
            )
        )
        return await self._database.read(
            lambda connection: list(connection.execute(query).scalars())
        )

    async def _remove_batch(self, batch_id: str, before: datetime) -> int:
        """Nothing, when another chunk has come meanwhile."""
        unnamed = (
            update(batches)
            .where(batches.c.id == batch_id, _is_over(before))
            .values(client_batch_id=batch_id, awaits_callback=False, callback_at=None)
        )
        if not await self._changed(unnamed):
            return 0
        of_batch = select(jobs.c.id).where(jobs.c.batch_id == batch_id)
        removed = await self._all(jobs, of_batch)
        rejected = select(batch_rejections.c.id).where(batch_rejections.c.batch_id == batch_id)
        await self._all(batch_rejections, rejected)
        await self._changed(delete(batch_chunks).where(batch_chunks.c.batch_id == batch_id))
        await self._changed(delete(batches).where(batches.c.id == batch_id))
        return removed

    async def _all(self, table: Any, ids: Select[Any]) -> int:
        """Delete the rows of these ids, some at a time."""
        statement = delete(table).where(table.c.id.in_(ids.limit(ROWS)))
        removed = 0
        while count := await self._changed(statement):
            removed += count
            await asyncio.sleep(PAUSE_SECONDS)
        return removed

    async def _changed(self, statement: Any) -> int:
        """How many rows that were."""

        def changed(connection: Connection) -> int:
            result: CursorResult[Any] = connection.execute(statement)
            return result.rowcount

        return await self._database.write(changed)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """Whether the last job of a batch ended before that; one without any jobs is over."""
    younger = select(jobs.c.id).where(
        jobs.c.batch_id == batches.c.id,
        or_(jobs.c.finished_at.is_(None), jobs.c.finished_at >= before),
    )
    return ~younger.exists()
