"""A request for one job that was sent again: the job that it made before, or a new one.

The answer to a request is kept under its idempotency key, unless the process was killed before it
had one. Then the job itself says that it was made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.jobs.desk import NewJob, Submitted
from imgproxy_py.jobs.errors import JobNotFound
from imgproxy_py.jobs.idempotency import KEPT
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.repository import JobRepository, utc_now
from imgproxy_py.jobs.request_ids import ids_of_request


class Desk(Protocol):
    """Where jobs are handed in (desk.py)."""

    async def submit(self, identity: Identity, jobs: list[NewJob]) -> Submitted: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceDesk:
    desk: Desk
    repository: JobRepository
    now: Callable[[], datetime] = utc_now

    async def submit(self, identity: Identity, new: NewJob, *, request: str | None) -> Job | None:
        """The job; None when the month has no room for it. `request` is the same when a request is
        sent again, and None where nobody can tell. Raises what the desk does."""
        if request is not None:
            for job_id in ids_of_request(identity.account.id, request):
                job = await self._job(identity.account.id, job_id)
                if job is not None and job.created_at > self.now() - KEPT:
                    return job
                if job is None:
                    new = replace(new, id=job_id)
                    break
        submitted = await self.desk.submit(identity, [new])
        return submitted.accepted[0] if submitted.accepted else None

    async def _job(self, account_id: str, job_id: str) -> Job | None:
        try:
            return await self.repository.get(account_id, job_id)
        except JobNotFound:
            return None
