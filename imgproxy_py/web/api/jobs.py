"""`/api/v1/jobs`: one picture to optimize later, looked at, cancelled, listed."""

from contextlib import closing
from dataclasses import dataclass

from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.desk import JobDesk
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.once import OnceDesk
from imgproxy_py.jobs.refusal import Quota, out_of_quota
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.states import FINISHED, State
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.idempotent import Idempotency, idempotency_key_of
from imgproxy_py.web.api.job_fields import new_job
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.one_file import read_form_of_one
from imgproxy_py.web.api.paging import POLL_AGAIN, limit_of
from imgproxy_py.web.api.query import query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.errors import QueryInvalid
from imgproxy_py.web.reply import Reply

JOBS = "/api/v1/jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsApi:
    """`public_url` is where this server is found, without a slash at its end."""

    desk: JobDesk
    once: OnceDesk
    repository: JobRepository
    batches: BatchRepository
    quota: Quota
    idempotency: Idempotency
    limits: BodyLimits
    public_url: str

    def routes(self) -> tuple[Route, ...]:
        one = f"{JOBS}/{{id}}"
        return (
            Route(method="POST", template=JOBS, handler=self._submit, asks_for_work=True),
            Route(method="GET", template=JOBS, handler=self._list),
            Route(method="GET", template=one, handler=self._show),
            Route(method="DELETE", template=one, handler=self._cancel),
        )

    async def _submit(self, call: ApiCall) -> Reply:
        with closing(await read_form_of_one(call, limits=self.limits)) as form:
            new, fingerprint = new_job(form), form.fingerprint()
            key = idempotency_key_of(call.head)
            request = None if key is None else f"{key}\n{fingerprint}"

            async def produce() -> Reply:
                job = await self.once.submit(call.caller, new, request=request)
                if job is None:
                    raise await out_of_quota(self.quota, call.caller.account)
                headers = (("Location", f"{self.public_url}{JOBS}/{job.id}"), POLL_AGAIN)
                return json_reply(self._told(job), status=202, headers=headers)

            return await self.idempotency.once(call, fingerprint, produce)

    async def _show(self, call: ApiCall) -> Reply:
        job = await self.repository.get(call.caller.account.id, call.parameters["id"])
        headers = () if job.state in FINISHED else (POLL_AGAIN,)
        return json_reply(self._told(job), headers=headers)

    async def _cancel(self, call: ApiCall) -> Reply:
        job = await self.desk.cancel(call.caller.account.id, call.parameters["id"])
        return json_reply(self._told(job))

    async def _list(self, call: ApiCall) -> Reply:
        fields = query_of(call)
        page = await self.repository.list(
            call.caller.account.id,
            state=_state_of(fields),
            batch_id=await self._batch_id_of(call, fields),
            before=fields.get("cursor") or None,
            limit=limit_of(fields),
        )
        told = [self._told(job) for job in page.jobs]
        return json_reply({"jobs": told, "next_cursor": page.next_cursor})

    async def _batch_id_of(self, call: ApiCall, fields: dict[str, str]) -> str | None:
        """Batches are named by the client's own id; BatchNotFound."""
        client_batch_id = fields.get("batch")
        if not client_batch_id:
            return None
        return (await self.batches.find(call.caller.account.id, client_batch_id)).id

    def _told(self, job: Job) -> dict[str, object]:
        return job.as_json(public_url=self.public_url)


def _state_of(fields: dict[str, str]) -> State | None:
    text = fields.get("status", "")
    if not text:
        return None
    if text not in set(State):
        raise QueryInvalid(f'"status" in the query is one of {", ".join(State)}')
    return State(text)
