"""Which status an error becomes: one table.

A test walks every error class of the project and fails when one has no row here.
"""

import time

from imgproxy_py.accounts import errors as accounts
from imgproxy_py.engine import errors as engine
from imgproxy_py.jobs import errors as jobs
from imgproxy_py.service import errors as service
from imgproxy_py.sources import errors as sources
from imgproxy_py.store.errors import StoreError
from imgproxy_py.telemetry.redact import redacted
from imgproxy_py.web.error_bodies import ACCESS_CODE, BODIES, Problem
from imgproxy_py.web.error_caching import error_caching
from imgproxy_py.web.errors import (
    BodyTooLarge,
    BodyTypeUnknown,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    KeyInUse,
    MethodNotAllowed,
    PageNotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    RequestError,
    ServerStopping,
)
from imgproxy_py.web.negotiation import ErrorShape, error_shape
from imgproxy_py.web.reply import SAFE_HEADERS, Reply
from imgproxy_py.workers import errors as workers
from options_grammar import OptionsError, PathError, UsernameError

# The first row that fits counts, so a narrower class stands before its parent.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (UsernameError, 403),
    (OptionsError, 400),
    (PathError, 400),
    (BodyTooLarge, 413),
    (BodyTypeUnknown, 415),
    (IdempotencyInProgress, 409),
    (IdempotencyKeyReused, 409),
    (KeyInUse, 409),
    (MethodNotAllowed, 405),
    (PageNotFound, 404),
    (PreconditionFailed, 412),
    (RangeNotSatisfiable, 416),
    (ServerStopping, 503),
    (RequestError, 400),
    (accounts.ApiKeyMissing, 401),
    (accounts.ApiKeyInvalid, 401),
    (accounts.QuotaExceeded, 402),
    (accounts.RateLimited, 429),
    (accounts.KeyUnknown, 404),
    (accounts.KeyLimitReached, 409),
    (accounts.KeyNameInvalid, 400),
    (accounts.KeyInvalid, 400),
    (accounts.AccountError, 403),
    (sources.SourceUrlInvalid, 400),
    (sources.SourceNotAllowed, 403),
    (sources.SourceForbidden, 403),
    (sources.SourceNotFound, 404),
    (sources.SourceTooLarge, 413),
    (sources.OriginTimeout, 504),
    (sources.UploadTimeout, 408),
    (sources.UploadTooMany, 413),
    (sources.UploadError, 400),
    (sources.SourceLoop, 400),
    (sources.SpoolFailed, 503),
    (sources.SourceError, 502),
    (engine.NotAnImage, 415),
    (engine.BrokenImage, 422),
    (engine.ImageTooLarge, 413),
    (engine.FormatUnavailable, 415),
    (engine.ImpossibleResult, 422),
    (engine.BadReceipt, 400),
    (engine.EngineError, 422),
    (workers.Overloaded, 503),
    (workers.DeadlineReached, 504),
    (workers.EngineCrashed, 422),
    (service.NothingStored, 504),
    (service.TooManyHops, 400),
    (service.NotReadyInTime, 504),
    (service.ResultNotFound, 404),
    (jobs.BatchNotFinished, 409),
    (jobs.BatchNotFound, 404),
    (jobs.BatchTooLarge, 413),
    (jobs.CallbackUrlInvalid, 400),
    (jobs.ChunksExceeded, 429),
    (jobs.ClientBatchIdInvalid, 400),
    (jobs.CursorInvalid, 400),
    (jobs.FilenameInvalid, 400),
    (jobs.JobFinished, 409),
    (jobs.JobNotFound, 404),
    (jobs.ResultGone, 503),
    (jobs.ResultsExpired, 409),
    (jobs.StreamsExceeded, 429),
    (jobs.UploadLost, 503),
    (StoreError, 503),
)
API_PREFIX = "/api/"
# What answers here is for one account, by a key that no cache sees.
KEYED_PREFIXES = (API_PREFIX, "/shrink", "/output/")


def status_of(error: Exception) -> int:
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return status
    return 500


def problem_of(error: Exception, *, asked: str = "") -> Problem:
    """What the requester is told. A bug of ours says so and nothing more."""
    status = status_of(error)
    if status == 500:
        message = "the server made a mistake; its log knows more"
        return Problem(status=500, code="internal_error", message=message, asked=redacted(asked))
    is_access_error = isinstance(error, accounts.AccessError | UsernameError)
    marked = str(error).partition("\n")[2] if isinstance(error, OptionsError) else None
    return Problem(
        status=status,
        code=ACCESS_CODE if is_access_error else getattr(error, "code", "error"),
        message=str(error).partition("\n")[0],
        marked=marked,
        retry_after_seconds=getattr(error, "retry_after_seconds", None),
        asked=redacted(asked),
    )


def problem_reply(error: Exception, *, accept: str, asked: str = "") -> Reply:
    """The error in the shape that `Accept` prefers, with the headers its status asks for.

    The API has one shape for all clients: problem details (RFC 9457). No cache may keep it: what it
    says holds for one account, whose `X-API-Key` a cache does not see.
    """
    problem = problem_of(error, asked=asked)
    is_of_api = asked.startswith(API_PREFIX)
    shape = ErrorShape.PROBLEM_JSON if is_of_api else error_shape(accept)
    headers: list[tuple[str, str]] = [
        ("Content-Type", shape.value),
        *error_caching(
            error,
            status=problem.status,
            is_keyed=asked.startswith(KEYED_PREFIXES),
            now=time.time(),
        ),
        *SAFE_HEADERS,
    ]
    if problem.status in (429, 503) or problem.retry_after_seconds is not None:
        headers.append(("Retry-After", str(problem.retry_after_seconds or 1)))
    if problem.status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", error.allow))
    if isinstance(error, RangeNotSatisfiable):
        headers.append(("Content-Range", f"bytes */{error.total_bytes}"))
    body = BODIES[shape](problem)
    return Reply(status=problem.status, headers=tuple(headers), body=body.encode())
