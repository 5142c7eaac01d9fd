"""A job as a row of the database, and back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, literal, null

from imgproxy_py.database.types import UtcDateTime
from imgproxy_py.jobs.job import Job, JobError, JobOrder
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs
from imgproxy_py.service.delivery import Delivery

# The authority ends at the first slash, question mark or hash, its user-info at the last @ in it
# (RFC 3986, section 3.2).
_USER_INFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/{1,2})([^/?#]*)@")

_order = msgspec.json.Decoder(JobOrder)
_delivery = msgspec.json.Decoder(Delivery)


def new_row(job: Job) -> dict[str, object]:
    """The row of a job that nobody has worked on yet."""
    order, user_info = _without_user_info(job.order)
    return {
        "id": job.id,
        "account_id": job.account_id,
        "key_id": job.key_id,
        "batch_id": job.batch_id,
        "number": job.number,
        "state": job.state.value,
        "filename": job.filename,
        "order": msgspec.json.encode(order).decode(),
        "attempt": job.attempt,
        "not_before": job.created_at,
        "created_at": job.created_at,
        "callback_url": job.callback_url,
        "callback_attempt": 0,
        "user_info": user_info,
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
        order=_with_user_info(_order.decode(row["order"]), row["user_info"]),
        attempt=row["attempt"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        owner=row["owner"],
        result=None if row["result"] is None else _delivery.decode(row["result"]),
        error=_error_of(row),
        callback_url=row["callback_url"],
    )


def _without_user_info(order: JobOrder) -> tuple[JobOrder, str | None]:
    """The order, and what stands before the @ of its source URL: it goes when the job ends."""
    found = _USER_INFO.match(order.source_url or "")
    if found is None or order.source_url is None:
        return order, None
    return replace(order, source_url=_USER_INFO.sub(r"\1", order.source_url)), found[2]


def _with_user_info(order: JobOrder, user_info: str | None) -> JobOrder:
    if user_info is None or order.source_url is None:
        return order
    scheme, slashes, rest = re.split(r"(:/{1,2})", order.source_url, maxsplit=1)
    return replace(order, source_url=f"{scheme}{slashes}{user_info}@{rest}")


def _error_of(row: Mapping[Any, Any]) -> JobError | None:
    if row["error_code"] is None:
        return None
    return JobError(code=row["error_code"], message=row["error_message"] or "")


def due_at_end(now: datetime) -> ColumnElement[datetime | None]:
    """The column `callback_at` of a row that ends at `now`: due at once, where one is wanted."""
    return case((jobs.c.callback_url.is_not(None), literal(now, UtcDateTime())), else_=null())
