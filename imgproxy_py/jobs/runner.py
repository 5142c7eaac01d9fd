"""The runner: claims jobs that are due, works on a few at a time, and says what became of them.

    news or a second has passed → claim a group → attempt each → finish in groups

It holds what it works on by renewing the leases; a job that it no longer holds it lets go.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from functools import partial

from imgproxy_py.jobs.attempt import Attempts
from imgproxy_py.jobs.finishing import Finisher
from imgproxy_py.jobs.in_hand import Bounds, InHand
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.news import heard
from imgproxy_py.jobs.states import FINISHED
from imgproxy_py.jobs.unneeded_uploads import UnneededUploads

log = logging.getLogger(__name__)

# How long a job waits at most whose message was lost, or whose time to be tried again has come.
POLL_SECONDS = 1.0
PAUSE_SECONDS = 1.0
# A stopping runner waits so long for the database; then the leases run out, and others go on.
WRITE_SECONDS = 5.0


class JobRunner:
    """Belongs to one event loop. `on_finished` hears of every job that has ended here."""

    def __init__(
        self,
        leases: Leases,
        attempts: Attempts,
        *,
        bounds: Bounds,
        is_stopping: Callable[[], bool] = lambda: False,
        on_finished: Callable[[Job], None] = lambda _job: None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._leases = leases
        self._attempts = attempts
        self._is_stopping = is_stopping
        self._on_finished = on_finished
        self._poll_seconds = poll_seconds
        self._hand = InHand(bounds=bounds)
        self._finisher = Finisher(leases, expects_more=lambda: self._hand.has_unended)
        self._unneeded = UnneededUploads(attempts.uploads, leases.database)
        self._at_work = asyncio.Semaphore(bounds.at_work)
        self._news = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._may_be_more = True
        self._is_closing = False
        self._claimed_until = time.monotonic()

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._claim()), asyncio.create_task(self._renew())]

    def wake(self) -> None:
        """There may be work."""
        self._news.set()

    def abandon(self, job_id: str) -> None:
        """Nobody wants this one any more."""
        task = self._hand.tasks.get(job_id)
        if task is not None:
            task.cancel()

    @property
    def held(self) -> frozenset[str]:
        """The jobs that were claimed and have not ended."""
        return frozenset(self._hand.tasks)

    async def close(self, *, grace_seconds: float) -> None:
        """Claim no more, finish what was begun within the time, put back the rest.

        The time runs from when `is_stopping` was seen to be true, if it was.
        """
        claiming = self._loops[0]
        self._is_closing = True
        self._news.set()
        # Not cancelled: what it has claimed by then is to be put back.
        await asyncio.wait({claiming}, timeout=WRITE_SECONDS)
        await self._put_back(self._hand.not_begun)
        grace_seconds -= time.monotonic() - self._claimed_until
        if self._hand.tasks:
            await asyncio.wait(self._hand.tasks.values(), timeout=max(0.0, grace_seconds))
        await self._put_back(self.held)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def _claim(self) -> None:
        while not (self._is_closing or self._is_stopping()):
            room = self._hand.room
            if room > 0:
                self._may_be_more = await self._claimed(room) == room
            if room == 0 or not self._may_be_more:
                await heard(self._news, within_seconds=self._poll_seconds)
        self._claimed_until = time.monotonic()

    async def _claimed(self, room: int) -> int:
        try:
            jobs = await self._leases.claim(room)
        except Exception:
            log.exception("no jobs could be claimed")
            await asyncio.sleep(PAUSE_SECONDS)
            return 0
        for job in jobs:
            task = asyncio.create_task(self._work_on(job))
            self._hand.tasks[job.id] = task
            task.add_done_callback(partial(self._let_go, job.id))
        return len(jobs)

    async def _work_on(self, job: Job) -> None:
        async with self._at_work:
            self._hand.begun.add(job.id)
            ending = await self._attempts.attempt(job)
        self._hand.ending.add(job.id)
        self._claim_if_worth_it()
        if not await self._finisher.finish(ending):
            log.warning("a job was lost to another worker", extra={"job": job.id})
        elif ending.state in FINISHED:
            self._on_finished(job)
            if job.order.upload_sha256 is not None:
                await self._unneeded.forget(job)

    def _let_go(self, job_id: str, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("a job was dropped", exc_info=task.exception(), extra={"job": job_id})
        self._hand.forget(job_id)
        self._attempts.spending.take(job_id)
        self._claim_if_worth_it()

    def _claim_if_worth_it(self) -> None:
        """There is room now; a queue that was empty a moment ago is looked at in its own time."""
        if self._may_be_more and self._hand.room:
            self._news.set()

    async def _put_back(self, ids: Collection[str]) -> None:
        if not ids:
            return
        were_begun = bool(self._hand.begun.intersection(ids))
        are_ending = bool(self._hand.ending.intersection(ids))
        await self._hand.cancel(ids)
        if are_ending:
            await self._finisher.close(grace_seconds=WRITE_SECONDS)
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._leases.give_back(ids, were_begun=were_begun)
        except Exception:
            log.exception("jobs could not be put back; they are when their leases have run out")

    async def _renew(self) -> None:
        """Three times in a lease, so that one failure loses nothing."""
        while True:
            await asyncio.sleep(self._leases.lease.total_seconds() / 3)
            ids = self.held
            if not ids:
                continue
            try:
                kept = await self._leases.renew(ids)
            except Exception:
                log.exception("leases could not be renewed")
                continue
            # What is ending may have just been written; that it was ours then, its row knows.
            for job_id in ids - kept - self._hand.ending:
                self.abandon(job_id)
