"""Callbacks of whole batches: due when nothing of what was sent so far is left to do.

A batch that gets another chunk after that is announced again, when that one is done as well.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, true, update

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Batch, BatchProgress
from imgproxy_py.jobs.batch_repository import BatchRepository, batch_of
from imgproxy_py.jobs.callback_rows import DueCallback, DueRows
from imgproxy_py.jobs.news import heard
from imgproxy_py.jobs.repository import utc_now
from imgproxy_py.jobs.states import UNFINISHED
from imgproxy_py.jobs.tables import batches, jobs

log = logging.getLogger(__name__)

# So long after news, that the end of a batch is told once; without any too, since other processes
# end jobs as well.
GATHER_SECONDS = 0.5
POLL_SECONDS = 5.0
# Looking may take this share of the time at most.
MAX_SHARE = 0.05

_UNFINISHED = select(jobs.c.id).where(
    jobs.c.state.in_(sorted(UNFINISHED)),
    jobs.c.account_id == batches.c.account_id,
    jobs.c.batch_id == batches.c.id,
)
_IS_DUE = (batches.c.awaits_callback == true()) & ~_UNFINISHED.exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedBatch:
    """A batch as its callback tells it: what `GET` shows, without its files."""

    batch: Batch
    progress: BatchProgress

    @property
    def id(self) -> str:
        return self.batch.id

    @property
    def account_id(self) -> str:
        return self.batch.account_id

    @property
    def message_name(self) -> str:
        """With another chunk it is another message. Without a full stop, which the signature has
        between its parts."""
        return f"{self.batch.id}_{self.batch.chunks}"

    def as_json(self, *, public_url: str) -> dict[str, object]:
        return self.batch.as_json() | self.progress.as_json()


class BatchCallbackRows:
    """Callbacks that are due, as those of jobs (callback_rows.py)."""

    def __init__(
        self,
        database: Database,
        repository: BatchRepository,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._due = DueRows(database, batches, now=now)
        self._repository = repository

    async def take(self, limit: int, *, without: Collection[str] = ()) -> list[DueCallback]:
        """Up to `limit` that are due, but none of the accounts `without`."""
        rows = await self._due.take(limit, without=without)
        return [
            DueCallback(
                subject=FinishedBatch(
                    batch=batch_of(row), progress=await self._repository.progress(row["id"])
                ),
                url=row["callback_url"],
                attempt=row["callback_attempt"],
            )
            for row in rows
        ]

    async def settle(self, callback: DueCallback, *, wait: timedelta | None) -> None:
        """Due again after `wait`, or done with."""
        await self._due.settle(callback.subject.id, callback.attempt, wait=wait)


class BatchEnds:
    """Notices that batches are finished. Any number of processes may have one; `on_due` hears that
    a callback is."""

    def __init__(
        self,
        database: Database,
        *,
        on_due: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = utc_now,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._database = database
        self._on_due = on_due
        self._now = now
        self._poll_seconds = poll_seconds
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Jobs of batches have ended, or a chunk was taken."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            began_at = time.monotonic()
            try:
                if await self.look():
                    self._on_due()
            except Exception:
                log.exception("finished batches could not be looked up")
            took_seconds = time.monotonic() - began_at
            await heard(self._news, within_seconds=self._poll_seconds)
            await asyncio.sleep(max(GATHER_SECONDS, took_seconds / MAX_SHARE))

    async def look(self) -> int:
        """Let the callbacks of finished batches be due; how many are."""
        query = select(batches.c.id).where(_IS_DUE).limit(1)
        due = {"awaits_callback": False, "callback_at": self._now(), "callback_attempt": 0}
        statement = update(batches).where(_IS_DUE).values(due)

        def is_any(connection: Connection) -> bool:
            return connection.execute(query).first() is not None

        if not await self._database.read(is_any):
            return 0
        return await self._database.write(lambda connection: connection.execute(statement).rowcount)
