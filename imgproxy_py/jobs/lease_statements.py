"""The statements of leases.py, made once: building one costs more time than running it.

Every change of a state asks for the states that it may follow (states.py).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    null,
    select,
    update,
)

from imgproxy_py.database.types import UtcDateTime
from imgproxy_py.jobs.ending import WORKER_STOPPED
from imgproxy_py.jobs.states import State, may_become
from imgproxy_py.jobs.tables import jobs


def _is_one_of(states: frozenset[State]) -> ColumnElement[bool]:
    return jobs.c.state.in_(sorted(states))


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime())


_MINE = and_(
    jobs.c.id.in_(bindparam("ids", expanding=True)),
    jobs.c.owner == bindparam("me"),
    _is_one_of(may_become(State.SUCCEEDED)),
)
_FREE: dict[str, object] = {"owner": None, "lease_until": None}
_IS_QUEUED = _is_one_of(may_become(State.RUNNING))
_IS_EXPIRED = and_(_is_one_of(may_become(State.QUEUED)), jobs.c.lease_until < _moment("now"))


def _waiting() -> Select[Any]:
    """A loose index scan: each step asks for the smallest account above the last one, so that it
    costs as many steps as there are accounts, however many jobs each has."""
    first = select(func.min(jobs.c.account_id)).where(_IS_QUEUED)
    steps = select(first.scalar_subquery().label("id")).cte("waiting", recursive=True)
    above = select(func.min(jobs.c.account_id)).where(_IS_QUEUED, jobs.c.account_id > steps.c.id)
    steps = steps.union_all(select(above.scalar_subquery()).where(steps.c.id.is_not(None)))
    return select(steps.c.id).where(steps.c.id.is_not(None))


WAITING = _waiting()

_DUE = (
    select(jobs.c.id)
    .where(_IS_QUEUED, jobs.c.account_id == bindparam("account"))
    .where(jobs.c.not_before <= _moment("now"))
    .order_by(jobs.c.not_before)
    .limit(bindparam("max_jobs"))
    .with_for_update(skip_locked=True)
)
CLAIM = (
    update(jobs)
    .where(jobs.c.id.in_(_DUE))
    .values(state=State.RUNNING.value, attempt=jobs.c.attempt + 1)
    .values(owner=bindparam("new_owner"), lease_until=_moment("until"))
    .values(started_at=func.coalesce(jobs.c.started_at, _moment("now")))
    .returning(*jobs.c)
)
RENEW = update(jobs).where(_MINE).values(lease_until=_moment("until")).returning(jobs.c.id)
HELD = select(jobs.c.id, jobs.c.attempt).where(_MINE).with_for_update()
GIVE_BACK = (
    update(jobs).where(_MINE).values(state=State.QUEUED.value, attempt=jobs.c.attempt - 1, **_FREE)
)
GIVE_BACK_BEGUN = GIVE_BACK.values(
    error_code=WORKER_STOPPED.code, error_message=WORKER_STOPPED.message
)
# For rows that HELD has found, in the same transaction.
FINISH = (
    update(jobs)
    .where(jobs.c.id == bindparam("job_id"))
    .values(state=bindparam("new_state"), not_before=_moment("due_at"), **_FREE)
    .values(result=bindparam("new_result"), finished_at=_moment("ended_at"))
    .values(error_code=bindparam("new_code"), error_message=bindparam("new_message"))
    .values(callback_at=_moment("announce_at"))
    .values(user_info=case((_moment("ended_at").is_(None), jobs.c.user_info), else_=null()))
)
CANCELLED = select(jobs.c.id).where(
    jobs.c.id.in_(bindparam("ids", expanding=True)), jobs.c.state == State.CANCELLED.value
)
EXPIRED = select(jobs.c.id).where(_IS_EXPIRED).limit(1)
REQUEUE = (
    update(jobs)
    .where(_IS_EXPIRED, jobs.c.attempt < bindparam("max_attempts"))
    .values(state=State.QUEUED.value, not_before=_moment("now"), **_FREE)
    .values(error_code=bindparam("code"), error_message=bindparam("message"))
    .returning(jobs.c.id)
)
FAIL = (
    update(jobs)
    .where(_IS_EXPIRED)
    .values(state=State.FAILED.value, finished_at=_moment("now"), **_FREE)
    .values(error_code=bindparam("code"), error_message=bindparam("message"))
    .values(callback_at=case((jobs.c.callback_url.is_not(None), _moment("now")), else_=null()))
    .values(user_info=None)
    .returning(jobs.c.id)
)
