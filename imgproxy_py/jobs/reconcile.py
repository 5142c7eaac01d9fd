"""Setting right what was killed in the middle: leases nobody renews, uploads nobody needs.

A row whose message was lost needs nothing: runners look for due rows by themselves.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.leases import release_expired
from imgproxy_py.jobs.repository import utc_now
from imgproxy_py.jobs.upload_needs import upload_needs
from imgproxy_py.jobs.uploads import Uploads

log = logging.getLogger(__name__)

EXPIRED_EVERY_SECONDS = 5.0
SWEEP_EVERY = timedelta(minutes=10)
# An upload is stored before its row is written; after so long no row will come.
ORPHANED_AFTER = timedelta(hours=1)
IDS_PER_QUERY = 500


class Reconciler:
    """Any number of processes may run one: what is set right already is left alone.

    `on_requeued` hears that there is work again, and `on_finished` that jobs have ended here.
    """

    def __init__(
        self,
        database: Database,
        uploads: Uploads,
        *,
        on_requeued: Callable[[], None] = lambda: None,
        on_finished: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = utc_now,
        every_seconds: float = EXPIRED_EVERY_SECONDS,
    ) -> None:
        self._database = database
        self._uploads = uploads
        self._on_requeued = on_requeued
        self._on_finished = on_finished
        self._now = now
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """At once, and again and again, until cancelled."""
        swept_at: datetime | None = None
        while True:
            try:
                await self.release_expired()
                if swept_at is None or self._now() - swept_at >= SWEEP_EVERY:
                    await self.sweep()
                    swept_at = self._now()
            except Exception:
                log.exception("jobs could not be reconciled")
            await asyncio.sleep(self._every_seconds)

    async def release_expired(self) -> None:
        """Jobs of lost workers go back to the queue, or fail when that happened too often."""
        requeued, failed = await release_expired(self._database, now=self._now())
        if requeued:
            log.warning("jobs of a lost worker go back to the queue", extra={"jobs": len(requeued)})
            self._on_requeued()
        if failed:
            log.error("jobs failed whose workers were lost again and again", extra={"jobs": failed})
            self._on_finished()
            await self._uploads.delete(failed)

    async def sweep(self) -> int:
        """Remove uploads of jobs that have ended, and old ones that no job came of; how many."""
        stored = await self._uploads.stored()
        removed = 0
        for start in range(0, len(stored), IDS_PER_QUERY):
            unneeded = await self._unneeded(stored[start : start + IDS_PER_QUERY])
            await self._uploads.delete(unneeded)
            removed += len(unneeded)
        if removed:
            log.info("removed uploads that no job needs", extra={"uploads": removed})
        return removed

    async def _unneeded(self, stored: Sequence[tuple[str, datetime]]) -> list[str]:
        needs = await upload_needs(self._database, [name for name, _ in stored])
        too_old = self._now() - ORPHANED_AFTER
        return [name for name, used_at in stored if not needs.get(name, used_at >= too_old)]
