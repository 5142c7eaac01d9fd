"""The story of a chunk: files come in; jobs go out, and the reasons why some files got none.

look at the files → make room in the batch → submit what is good → note what is not
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.engine.job import Limits
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.jobs.batch import Chunk, Rejection, TakenChunk
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.desk import NewJob, Submitted
from imgproxy_py.jobs.errors import FilenameInvalid
from imgproxy_py.jobs.first_look import first_look_at_all
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.refusal import Quota, out_of_quota
from imgproxy_py.jobs.request_ids import ids_of_files
from imgproxy_py.sources.errors import UploadEmpty
from imgproxy_py.sources.upload import Upload


class Desk(Protocol):
    """Where jobs are handed in (desk.py)."""

    async def submit(
        self,
        identity: Identity,
        jobs: Sequence[NewJob],
        *,
        batch_id: str | None = None,
        first_number: int = 0,
    ) -> Submitted: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChunk:
    """One request for a batch. `order` holds for all files; `request_sha256` is the same when the
    request is sent again, and no other's. `callback_url` is that of the batch from now on."""

    identity: Identity
    client_batch_id: str
    request_sha256: str
    order: JobOrder
    files: tuple[Upload, ...]
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDesk:
    """`check_callback` raises CallbackUrlInvalid. `on_taken` hears the ids of batches."""

    chunks: ChunkRepository
    desk: Desk
    quota: Quota
    limits: Limits
    check_callback: Callable[[str], None] = lambda _url: None
    on_taken: Callable[[str], None] = lambda _batch_id: None

    async def take(self, new: NewChunk) -> TakenChunk:
        """Every file has a job or a rejection when this returns. BatchTooLarge and
        CallbackUrlInvalid take none.

        Files are numbered once: of a process that died on the way to the answer, the jobs are
        found by the same request and not made again.
        """
        if new.callback_url is not None:
            self.check_callback(new.callback_url)
        faults = await self._faults(new.files)
        good = [index for index, fault in enumerate(faults) if fault is None]
        chunk = await self.chunks.open_chunk(
            new.identity.account.id,
            new.client_batch_id,
            request_sha256=new.request_sha256,
            files=len(new.files),
        )
        accepted = await self._accepted(chunk, new, good)
        if len(accepted) < len(good):
            refusal = await out_of_quota(self.quota, new.identity.account)
            for index in set(good) - accepted.keys():
                faults[index] = refusal
        rejected = tuple(
            Rejection.of(chunk.number, index, new.files[index].filename or "", fault)
            for index, fault in enumerate(faults)
            if fault is not None
        )
        await self.chunks.close_chunk(chunk, rejected, callback_url=new.callback_url)
        self.on_taken(chunk.batch.id)
        return TakenChunk(chunk=chunk, accepted=accepted, rejected=rejected)

    async def _faults(self, files: Sequence[Upload]) -> list[ImgproxyError | None]:
        """What is wrong with each file, as far as it can be seen without decoding it."""
        seen = await asyncio.to_thread(
            first_look_at_all, [file.spool.fileno() for file in files], self.limits
        )
        return [_fault(file) or fault for file, fault in zip(files, seen, strict=True)]

    async def _accepted(
        self, chunk: Chunk, new: NewChunk, good: Sequence[int]
    ) -> Mapping[int, Job]:
        """Jobs by the places of their files; what is missing at the end had no quota."""
        files = [new.files[index] for index in good]
        ids = ids_of_files(chunk.batch.id, new.request_sha256, files)
        if chunk.is_known and (known := await self.chunks.jobs_of(chunk)):
            places = dict(zip(ids, good, strict=True))
            return {places[job.id]: job for job in known if job.id in places}
        if not good:
            return {}
        submitted = await self.desk.submit(
            new.identity,
            [_new_job(new.order, *each) for each in zip(files, ids, strict=True)],
            batch_id=chunk.batch.id,
            first_number=chunk.first_number,
        )
        return dict(zip(good, submitted.accepted, strict=False))


def _fault(file: Upload) -> ImgproxyError | None:
    """Of a file as it arrived: a name, bytes, and not too many of them."""
    failure = file.spool.failure
    if isinstance(failure, ImgproxyError):
        return failure
    if file.filename is None:
        return FilenameInvalid()
    return UploadEmpty("the uploaded file is empty") if file.spool.bytes_written == 0 else None


def _new_job(order: JobOrder, file: Upload, job_id: str) -> NewJob:
    return NewJob(order=order, filename=file.filename or "", upload=file.spool, id=job_id)
