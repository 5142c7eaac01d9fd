"""Which status an error becomes, and how it is told: one table, four shapes.

A test walks every error class of the project and fails when one has no row here.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus

from imgproxy_py.accounts import errors as accounts
from imgproxy_py.engine import errors as engine
from imgproxy_py.service import errors as service
from imgproxy_py.sources import errors as sources
from imgproxy_py.store.errors import StoreError
from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.telemetry.redact import redacted
from imgproxy_py.web.errors import (
    MethodNotAllowed,
    PageNotFound,
    RangeNotSatisfiable,
    RequestError,
    ServerStopping,
)
from imgproxy_py.web.negotiation import ErrorShape, error_shape
from imgproxy_py.web.pages import error_page
from imgproxy_py.web.reply import SAFE_HEADERS, Reply
from imgproxy_py.workers import errors as workers
from options_grammar import OptionsError, PathError, UsernameError

ACCESS_CODE = "IM2ACCOUNT"

# The first row that fits counts, so a narrower class stands before its parent.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (UsernameError, 403),
    (OptionsError, 400),
    (PathError, 400),
    (MethodNotAllowed, 405),
    (PageNotFound, 404),
    (RangeNotSatisfiable, 416),
    (ServerStopping, 503),
    (RequestError, 400),
    (accounts.AccountError, 403),
    (sources.SourceUrlInvalid, 400),
    (sources.SourceNotAllowed, 403),
    (sources.SourceForbidden, 403),
    (sources.SourceNotFound, 404),
    (sources.SourceTooLarge, 413),
    (sources.OriginTimeout, 504),
    (sources.UploadTimeout, 408),
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
    (service.TooManyHops, 400),
    (service.ResultNotFound, 404),
    (StoreError, 503),
)
# Asking again soon gives the same; everything else is not kept at all.
_BRIEFLY_CACHED = frozenset({404, 410, 413, 415, 422})
API_PREFIX = "/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error in words: `marked` shows the faulty options with a marker line, `asked` repeats
    the request target."""

    status: int
    code: str
    message: str
    marked: str | None = None
    retry_after_seconds: int | None = None
    asked: str = ""


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

    The API has one shape for all clients: problem details (RFC 9457).
    """
    problem = problem_of(error, asked=asked)
    shape = ErrorShape.PROBLEM_JSON if asked.startswith(API_PREFIX) else error_shape(accept)
    cache_control = "max-age=60" if problem.status in _BRIEFLY_CACHED else "no-store"
    headers: list[tuple[str, str]] = [
        ("Content-Type", shape.value),
        ("Cache-Control", cache_control),
        ("Vary", "Accept"),
        *SAFE_HEADERS,
    ]
    if problem.status in (429, 503):
        headers.append(("Retry-After", str(problem.retry_after_seconds or 1)))
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", error.allow))
    if isinstance(error, RangeNotSatisfiable):
        headers.append(("Content-Range", f"bytes */{error.total_bytes}"))
    body = _BODIES[shape](problem)
    return Reply(status=problem.status, headers=tuple(headers), body=body.encode())


def _text(problem: Problem) -> str:
    code = f" ({problem.code})" if problem.code == ACCESS_CODE else ""
    marked = f"\n{problem.marked}" if problem.marked else ""
    return f"{problem.message}{code}{marked}\n"


def _im2_json(problem: Problem) -> str:
    told = problem.message + (f"\n{problem.marked}" if problem.marked else "")
    return json.dumps({"status": problem.status, "error": told, "code": problem.code})


def _html(problem: Problem) -> str:
    return error_page(
        status=problem.status,
        code=problem.code,
        message=problem.message,
        marked=problem.marked,
        asked=problem.asked,
    )


def _problem_json(problem: Problem) -> str:
    """RFC 9457, 3.1, with its extension members `code` and `request_id`.

    `about:blank` means that the status says what kind of problem it is (section 4.2.1).
    """
    told = problem.message + (f"\n{problem.marked}" if problem.marked else "")
    members = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": told,
        "code": problem.code,
        "request_id": request_id.get(),
    }
    return json.dumps({name: value for name, value in members.items() if value})


_BODIES = {
    ErrorShape.TEXT: _text,
    ErrorShape.IM2_JSON: _im2_json,
    ErrorShape.HTML: _html,
    ErrorShape.PROBLEM_JSON: _problem_json,
}
