"""What tinify clients are told: JSON of a compression, pictures, and errors in their own words."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from imgproxy_py.accounts import errors as accounts
from imgproxy_py.engine.formats import FORMATS
from imgproxy_py.engine.receipt import HEADER as RECEIPT
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.tinify import Shrunk
from imgproxy_py.sources.errors import UploadEmpty
from imgproxy_py.web.error_bodies import Problem
from imgproxy_py.web.errors import MethodNotAllowed
from imgproxy_py.web.image_reply import content_disposition
from imgproxy_py.web.problems import problem_of
from imgproxy_py.web.reply import SAFE_HEADERS, Reply
from imgproxy_py.web.warning import warning_headers

JSON_HEADERS = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    *SAFE_HEADERS,
)
# Clients know two statuses by heart, 401 and 429: both mean the account, and every other 4xx the
# picture. `validate()` of the SDKs takes those others as the proof of a good key.
_OF_THE_ACCOUNT = {402: 429, 403: 401}
_KEY_WANTED = (
    "send your API key (opt_...) as the password of HTTP Basic authentication, with the user api"
)


def shrunk_reply(shrunk: Shrunk, *, public_url: str) -> Reply:
    """201. `Location` is relative, since the SDKs put their endpoint before all but https URLs."""
    delivery, path = shrunk.delivery, f"/output/{shrunk.id}"
    told = {
        "input": {
            "size": shrunk.source_bytes,
            "type": FORMATS[shrunk.source_format].media_type,
        },
        "output": {
            "size": delivery.result_bytes,
            "type": delivery.media_type,
            "width": delivery.width,
            "height": delivery.height,
            "ratio": round(delivery.result_bytes / shrunk.source_bytes, 4),
            "url": public_url + path,
        },
    }
    headers = (
        ("Location", path),
        *_size(delivery.width, delivery.height),
        *warning_headers(delivery.warnings),
    )
    return Reply(status=201, headers=(*JSON_HEADERS, *headers), body=json.dumps(told).encode())


def picture_reply(answer: ImageAnswer, warnings: tuple[str, ...] = ()) -> Reply:
    record = answer.record
    receipt = ((RECEIPT, record.receipt_text),) if record.receipt_text else ()
    return Reply(
        status=200,
        headers=(
            ("Content-Type", record.media_type),
            ("Cache-Control", "no-store"),
            ("Content-Disposition", content_disposition(record.filename, record.extension)),
            *_size(record.width, record.height),
            *receipt,
            *warning_headers((*warnings, *record.warnings)),
            *SAFE_HEADERS,
        ),
        body=answer.data,
    )


def error_reply(error: Exception) -> Reply:
    """`{"error": kind, "message": words}`, by the table of all surfaces but for the account's."""
    problem = problem_of(error)
    status = _status(error, problem)
    headers = [*JSON_HEADERS]
    if status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="imgproxy-py", charset="UTF-8"'))
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", error.allow))
    if isinstance(error, accounts.QuotaExceeded):
        headers.append(("Retry-After", _at_midnight(error.resets_on)))
    elif status in (429, 503) or problem.retry_after_seconds is not None:
        headers.append(("Retry-After", str(problem.retry_after_seconds or 1)))
    told = {"error": _kind(error, status), "message": _message(error, problem)}
    return Reply(status=status, headers=tuple(headers), body=json.dumps(told).encode())


def _at_midnight(day: str) -> str:
    """A moment instead of seconds (RFC 9110, 10.2.3), since it is weeks ahead."""
    return format_datetime(datetime.fromisoformat(day).replace(tzinfo=UTC), usegmt=True)


def _status(error: Exception, problem: Problem) -> int:
    if isinstance(error, accounts.AccountError):
        return _OF_THE_ACCOUNT.get(problem.status, problem.status)
    return problem.status


def _kind(error: Exception, status: int) -> str:
    """The status in words, `Unsupported media type`, as TinyPNG writes them."""
    if isinstance(error, UploadEmpty):
        return "Input missing"
    return HTTPStatus(status).phrase.capitalize()


def _message(error: Exception, problem: Problem) -> str:
    return _MESSAGES.get(type(error), problem.message)


def _size(width: int, height: int) -> tuple[tuple[str, str], ...]:
    return (("Image-Width", str(width)), ("Image-Height", str(height)))


_MESSAGES: Mapping[type[Exception], str] = {
    accounts.ApiKeyMissing: _KEY_WANTED,
    UploadEmpty: "the request has no body: send a picture in it",
}
