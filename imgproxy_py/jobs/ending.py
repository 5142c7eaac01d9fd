"""How an attempt ended, and what becomes of the job: a plain decision, without a database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from imgproxy_py.errors import ImgproxyError
from imgproxy_py.jobs.job import Job, JobError
from imgproxy_py.jobs.states import State
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.errors import NotReadyInTime
from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    RedirectFailed,
    SourceEncoded,
    SpoolFailed,
)
from imgproxy_py.store.errors import StoreError
from imgproxy_py.workers.errors import WorkerError
from options_grammar import OptionsError

# Waits before the second and the third attempt: an origin that restarts is back by then.
BACKOFF_SECONDS = (2.0, 8.0)
MAX_ATTEMPTS = len(BACKOFF_SECONDS) + 1
# Jobs that failed together must not come back together.
JITTER = 0.5

INTERNAL = JobError(code="internal_error", message="the server made a mistake; its log knows more")
WORKER_LOST = JobError(
    code="worker_lost",
    message="the process that worked on this picture was lost; another one takes over",
)
WORKER_STOPPED = JobError(
    code="worker_stopped",
    message="the process that worked on this picture was stopped; another one takes over",
)
WORKER_LOST_FOR_GOOD = JobError(
    code=WORKER_LOST.code,
    message=f"the process that worked on this picture was lost {MAX_ATTEMPTS} times",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the row of `job` becomes. `wait` is set when it goes back to the queue.

    `is_spent`: the image was made, and counts.
    """

    job: Job
    state: State
    result: Delivery | None = None
    error: JobError | None = None
    wait: timedelta | None = None
    is_spent: bool = False


def succeeded(job: Job, delivery: Delivery, *, is_spent: bool) -> Ending:
    return Ending(job=job, state=State.SUCCEEDED, result=delivery, is_spent=is_spent)


def after_failure(job: Job, failure: Exception, *, random: Callable[[], float]) -> Ending:
    """Back to the queue when the same may succeed later, else failed. `random` gives 0 to 1."""
    error = error_of(failure)
    if not may_pass(failure) or job.attempt >= MAX_ATTEMPTS:
        return Ending(job=job, state=State.FAILED, error=error)
    seconds = BACKOFF_SECONDS[job.attempt - 1] * (1 + JITTER * random())
    return Ending(job=job, state=State.QUEUED, error=error, wait=timedelta(seconds=seconds))


def may_pass(failure: Exception) -> bool:
    """Whether another attempt may succeed: not where the picture itself, or the order, is wrong."""
    match failure:
        case SourceEncoded() | RedirectFailed():
            return False
        case OriginFailed(origin_status=status):
            # 429: RFC 6585, section 4. Without a status the connection broke.
            return status is None or status >= 500 or status == 429
        case OriginTimeout() | SpoolFailed() | WorkerError() | StoreError() | NotReadyInTime():
            return True
        case ImgproxyError() | OptionsError():
            return False
        case _:  # a bug, or a database that is busy
            return True


def was_interrupted(job: Job) -> bool:
    """Whether its last attempt may have done more than the row knows."""
    return job.error in (WORKER_LOST, WORKER_STOPPED)


def error_of(failure: Exception) -> JobError:
    """What the account is told. A bug of ours says so and nothing more."""
    if not isinstance(failure, ImgproxyError | OptionsError):
        return INTERNAL
    return JobError(code=failure.code, message=str(failure).partition("\n")[0])
