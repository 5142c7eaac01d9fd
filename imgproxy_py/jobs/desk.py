"""Where jobs are handed in and cancelled: quota first, then bytes, then rows, then the news."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.jobs.broker import News
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.repository import JobRepository, utc_now
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.upload_packs import upload_name
from imgproxy_py.jobs.uploads import Uploads, placed
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.errors import StoreError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job before it is one. Exactly one of `upload` and the order's source URL is set; the upload
    is complete, and closed by whoever made it.

    `id` is that of the job to be, where the same request must always make the same one
    (request_ids.py); without it the job gets one that nobody has had.
    """

    order: JobOrder
    filename: str
    id: str | None = None
    upload: Spool | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """`refused` are those that the month's quota has no room for."""

    accepted: tuple[Job, ...]
    refused: tuple[NewJob, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDesk:
    """`check_callback` raises CallbackUrlInvalid. `on_cancelled` hears the ids of such jobs."""

    repository: JobRepository
    meter: Meter
    uploads: Uploads
    news: News
    check_callback: Callable[[str], None]
    on_cancelled: Callable[[str], None] = lambda _job_id: None
    now: Callable[[], datetime] = utc_now

    async def submit(
        self,
        identity: Identity,
        jobs: Sequence[NewJob],
        *,
        batch_id: str | None = None,
        first_number: int = 0,
    ) -> Submitted:
        """Take as many as the quota has room for; when this returns they outlive this process.

        Numbers go from `first_number` on. Raises CallbackUrlInvalid, or StoreError, before anything
        is taken. Images are held for good only with their rows: whoever is killed before that holds
        them no longer than a request would, and takes them up again under the same ids.
        """
        for new in jobs:
            if new.callback_url is not None:
                self.check_callback(new.callback_url)
        ids = [new.id or uuid4().hex for new in jobs]
        taken: list[Job] = []
        try:
            count = await self.meter.reserve(identity.account, ids)
            taken = placed(
                [
                    self._job(identity, new, job_id, batch_id=batch_id, number=first_number + index)
                    for index, (new, job_id) in enumerate(zip(jobs[:count], ids, strict=False))
                ]
            )
            pairs = zip(taken, jobs, strict=False)
            await self.uploads.put(taken, {job.id: new.upload for job, new in pairs if new.upload})
            if taken:
                await self.repository.insert(taken)
        except BaseException:
            await asyncio.shield(self._undo(ids, taken))
            raise
        await self.news.send([job.id for job in taken])
        return Submitted(accepted=tuple(taken), refused=tuple(jobs[count:]))

    async def cancel(self, account_id: str, job_id: str) -> Job:
        """Take a job back; its image of the quota is free again, unless it was made by now.

        A second time is no error.

        JobNotFound, or JobFinished when it has ended already.
        """
        job = await self.repository.cancel(account_id, job_id)
        self.on_cancelled(job_id)
        await self._delete_upload(job)
        return job

    def _job(
        self,
        identity: Identity,
        new: NewJob,
        job_id: str,
        *,
        batch_id: str | None,
        number: int,
    ) -> Job:
        order = new.order
        if new.upload is not None:
            order = replace(
                order, upload_sha256=new.upload.sha256, upload_bytes=new.upload.bytes_written
            )
        return Job(
            id=job_id,
            account_id=identity.account.id,
            key_id=identity.key_id,
            batch_id=batch_id,
            number=number,
            state=State.QUEUED,
            filename=new.filename,
            order=order,
            created_at=self.now(),
            callback_url=new.callback_url,
        )

    async def _delete_upload(self, job: Job) -> None:
        if job.order.upload_sha256 is None or job.order.upload_pack is not None:
            return  # others may need their pack: it goes with the last of them, or is swept
        try:
            await self.uploads.delete([job.id])
        except StoreError:
            log.warning("an upload stays until it is swept", extra={"job": job.id})

    async def _undo(self, ids: Sequence[str], taken: Sequence[Job]) -> None:
        """Nothing was taken. Bytes that stay all the same are swept later (reconcile.py).

        What is a job all the same stays one: it was written at the last moment, or by another run
        of the same request.
        """
        known = await self.repository.known(ids)
        unknown = [each for each in ids if each not in known]
        await self.meter.release(unknown)
        kept = {upload_name(job) for job in taken if job.id in known}
        try:
            await self.uploads.delete(sorted({upload_name(job) for job in taken} - kept))
        except StoreError:
            log.warning("uploads stay until they are swept", extra={"jobs": len(unknown)})
