"""`/api/v1/optimize/batch` and `/api/v1/batches/{client_batch_id}`: many files as one."""

import hashlib
import re
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

from imgproxy_py.jobs.batch import MAX_FILES_IN_CHUNK, Batch, TakenChunk, read_client_batch_id
from imgproxy_py.jobs.batch_desk import BatchDesk, NewChunk
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.errors import CursorInvalid
from imgproxy_py.jobs.job import Job
from imgproxy_py.moments import utc_text
from imgproxy_py.sources.errors import UploadMissing
from imgproxy_py.web.api.body import ApiForm, BodyLimits, read_form
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.idempotent import Idempotency, idempotency_key_of
from imgproxy_py.web.api.job_fields import CLIENT_BATCH_ID, batch_order
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.paging import POLL_AGAIN, limit_of
from imgproxy_py.web.api.query import query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.errors import IdempotencyKeyMissing
from imgproxy_py.web.reply import Reply

BATCH = "/api/v1/batches/{client_batch_id}"
_CURSOR = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchesApi:
    """`public_url` is where this server is found, without a slash at its end."""

    desk: BatchDesk
    repository: BatchRepository
    idempotency: Idempotency
    limits: BodyLimits
    public_url: str

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                template="/api/v1/optimize/batch",
                handler=self._take,
                asks_for_work=True,
            ),
            Route(method="GET", template=BATCH, handler=self._show),
        )

    async def _take(self, call: ApiCall) -> Reply:
        """The key is asked for before fifty files are read, and everything else before one of them
        is taken."""
        key = idempotency_key_of(call.head)
        if key is None:
            raise IdempotencyKeyMissing
        form = await read_form(call, limits=self.limits, max_files=MAX_FILES_IN_CHUNK)
        with closing(form):
            fingerprint = form.fingerprint()

            async def produce() -> Reply:
                new = _new_chunk(call, form, f"{key}\n{fingerprint}")
                return self._taken_reply(await self.desk.take(new), new.order.warnings)

            return await self.idempotency.once(call, fingerprint, produce, is_required=True)

    async def _show(self, call: ApiCall) -> Reply:
        """Rejected files stand on the first page only, at most as many as `limit`."""
        fields = query_of(call)
        limit, after = limit_of(fields), _number_in(fields.get("cursor", ""))
        batch = await self.repository.find(call.caller.account.id, call.parameters[CLIENT_BATCH_ID])
        progress = await self.repository.progress(batch.id)
        items = await self.repository.items(batch.id, after=after, limit=limit + 1)
        told = _named(batch) | progress.as_json()
        told["items"] = [self._item(job) for job in items[:limit]]
        told["next_cursor"] = str(items[limit - 1].number) if len(items) > limit else None
        if after < 0:
            rejected = await self.repository.rejections(batch.id, limit=limit)
            told["rejected_files"] = [
                {"filename": each.filename, "code": each.code, "message": each.message}
                for each in rejected
            ]
        return json_reply(told, headers=() if progress.is_finished else (POLL_AGAIN,))

    def _item(self, job: Job) -> dict[str, object]:
        return {"number": job.number} | job.as_json(public_url=self.public_url)

    def _taken_reply(self, taken: TakenChunk, warnings: tuple[str, ...]) -> Reply:
        chunk = taken.chunk
        place = BATCH.format(client_batch_id=quote(chunk.batch.client_batch_id, safe=""))
        told = {
            "batch_id": chunk.batch.id,
            "client_batch_id": chunk.batch.client_batch_id,
            "chunk": chunk.number,
            "accepted": [
                {"job_id": job.id, "filename": job.filename, "number": job.number, "index": index}
                for index, job in taken.accepted.items()
            ],
            "rejected_files": [
                {
                    "filename": each.filename,
                    "code": each.code,
                    "message": each.message,
                    "index": each.index,
                }
                for each in taken.rejected
            ],
            "total_files": chunk.total_files,
            "warnings": list(warnings),
        }
        return json_reply(told, status=202, headers=(("Location", self.public_url + place),))


def _new_chunk(call: ApiCall, form: ApiForm, request: str) -> NewChunk:
    if not form.files:
        raise UploadMissing("the form holds no file: send up to 50, each as a field with a name")
    return NewChunk(
        identity=call.caller,
        client_batch_id=read_client_batch_id(form.fields.get(CLIENT_BATCH_ID)),
        request_sha256=hashlib.sha256(request.encode()).hexdigest(),
        order=batch_order(form),
        files=form.files,
    )


def _named(batch: Batch) -> dict[str, object]:
    return {
        "batch_id": batch.id,
        "client_batch_id": batch.client_batch_id,
        "chunks": batch.chunks,
        "created_at": utc_text(batch.created_at),
    }


def _number_in(cursor: str) -> int:
    """The last number of the page before; -1 without a cursor."""
    if not cursor:
        return -1
    if not _CURSOR.fullmatch(cursor):
        raise CursorInvalid
    return int(cursor)
