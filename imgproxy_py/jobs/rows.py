"""A job as a row of the database, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, literal, null

from imgproxy_py.database.types import UtcDateTime
from imgproxy_py.jobs.job import Job, JobError, JobOrder
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs
from imgproxy_py.service.delivery import Delivery

_order = msgspec.json.Decoder(JobOrder)
_delivery = msgspec.json.Decoder(Delivery)


def new_row(job: Job) -> dict[str, object]:
    """The row of a job that nobody has worked on yet."""
    return {
        "id": job.id,
        "account_id": job.account_id,
        "key_id": job.key_id,
        "batch_id": job.batch_id,
        "number": job.number,
        "state": job.state.value,
        "filename": job.filename,
        "order": msgspec.json.encode(job.order).decode(),
        "attempt": job.attempt,
        "not_before": job.created_at,
        "created_at": job.created_at,
        "callback_url": job.callback_url,
        "callback_attempt": 0,
    }


def result_text(delivery: Delivery | None) -> str | None:
    """What stands in the column `result`."""
    return None if delivery is None else msgspec.json.encode(delivery).decode()


def job_of(row: Mapping[Any, Any]) -> Job:
    return Job(
        id=row["id"],
        account_id=row["account_id"],
        key_id=row["key_id"],
        batch_id=row["batch_id"],
        number=row["number"],
        state=State(row["state"]),
        filename=row["filename"],
        order=_order.decode(row["order"]),
        attempt=row["attempt"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        owner=row["owner"],
        result=None if row["result"] is None else _delivery.decode(row["result"]),
        error=_error_of(row),
        callback_url=row["callback_url"],
    )


def _error_of(row: Mapping[Any, Any]) -> JobError | None:
    if row["error_code"] is None:
        return None
    return JobError(code=row["error_code"], message=row["error_message"] or "")


def due_at_end(now: datetime) -> ColumnElement[datetime | None]:
    """The column `callback_at` of a row that ends at `now`: due at once, where one is wanted."""
    return case((jobs.c.callback_url.is_not(None), literal(now, UtcDateTime())), else_=null())
