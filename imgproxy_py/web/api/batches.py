"""`/api/v1/optimize/batch` and `/api/v1/batches`: many files as one, sent, shown, cancelled."""

import hashlib
import re
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote

from imgproxy_py.jobs.batch import TakenChunk, read_client_batch_id
from imgproxy_py.jobs.batch_account import AccountBatches
from imgproxy_py.jobs.batch_desk import BatchDesk, NewChunk
from imgproxy_py.jobs.batch_limits import MAX_FILES_IN_CHUNK
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.errors import CursorInvalid
from imgproxy_py.jobs.job import Job
from imgproxy_py.sources.errors import UploadMissing
from imgproxy_py.web.api.body import BodyLimits, read_form
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.form import ApiForm
from imgproxy_py.web.api.idempotent import Idempotency, idempotency_key_of
from imgproxy_py.web.api.job_fields import CLIENT_BATCH_ID, batch_order, callback_url_of
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.open_streams import OpenStreams, open_chunks
from imgproxy_py.web.api.paging import POLL_AGAIN, limit_of
from imgproxy_py.web.api.query import query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.errors import IdempotencyKeyMissing
from imgproxy_py.web.reply import Reply

BATCHES = "/api/v1/batches"
BATCH = f"{BATCHES}/{{client_batch_id}}"
_CURSOR = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchesApi:
    """`public_url` is where this server is found, without a slash at its end."""

    desk: BatchDesk
    repository: BatchRepository
    of_account: AccountBatches
    idempotency: Idempotency
    limits: BodyLimits
    public_url: str
    receiving: OpenStreams = field(default_factory=open_chunks)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                template="/api/v1/optimize/batch",
                handler=self._take,
                asks_for_work=True,
            ),
            Route(method="GET", template=BATCHES, handler=self._list),
            Route(method="GET", template=BATCH, handler=self._show),
            Route(method="DELETE", template=BATCH, handler=self._cancel),
        )

    async def _take(self, call: ApiCall) -> Reply:
        """The key is asked for before fifty files are read, and everything else before one of them
        is taken."""
        key = idempotency_key_of(call.head)
        if key is None:
            raise IdempotencyKeyMissing
        with self.receiving.claim(call.caller.account.id):
            form = await read_form(call, limits=self.limits, max_files=MAX_FILES_IN_CHUNK)
            return await self._taken(call, key, form)

    async def _taken(self, call: ApiCall, key: str, form: ApiForm) -> Reply:
        with closing(form):
            fingerprint = form.fingerprint()

            async def produce() -> Reply:
                new = _new_chunk(call, form, f"{key}\n{fingerprint}")
                return self._taken_reply(await self.desk.take(new), new.order.warnings)

            return await self.idempotency.once(call, fingerprint, produce, is_required=True)

    async def _list(self, call: ApiCall) -> Reply:
        fields = query_of(call)
        page = await self.of_account.page(
            call.caller.account.id, before=fields.get("cursor") or None, limit=limit_of(fields)
        )
        told = [batch.as_json() for batch in page.batches]
        return json_reply({"batches": told, "next_cursor": page.next_cursor})

    async def _cancel(self, call: ApiCall) -> Reply:
        """The counts as they are then; a second time is no error."""
        batch = await self.repository.find(call.caller.account.id, call.parameters[CLIENT_BATCH_ID])
        await self.of_account.cancel(batch)
        progress = await self.repository.progress(batch.id)
        return json_reply(batch.as_json() | progress.as_json())

    async def _show(self, call: ApiCall) -> Reply:
        """Rejected files stand on the first page only, at most as many as `limit`."""
        fields = query_of(call)
        limit, after = limit_of(fields), _number_in(fields.get("cursor", ""))
        batch = await self.repository.find(call.caller.account.id, call.parameters[CLIENT_BATCH_ID])
        progress = await self.repository.progress(batch.id)
        items = await self.repository.items(batch.id, after=after, limit=limit + 1)
        told = batch.as_json() | progress.as_json()
        told["items"] = [self._item(job) for job in items[:limit]]
        told["next_cursor"] = str(items[limit - 1].number) if len(items) > limit else None
        if after < 0:
            rejected = await self.repository.rejections(batch.id, limit=limit)
            told["rejected_files"] = [each.as_json() for each in rejected]
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
            "rejected_files": [each.as_json() for each in taken.rejected],
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
        callback_url=callback_url_of(form),
    )


def _number_in(cursor: str) -> int:
    """The last number of the page before; -1 without a cursor."""
    if not cursor:
        return -1
    if not _CURSOR.fullmatch(cursor):
        raise CursorInvalid
    return int(cursor)
