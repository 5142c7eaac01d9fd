"""An error in words, in each of the four shapes in which clients read them."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.web.negotiation import ErrorShape
from imgproxy_py.web.pages import error_page

ACCESS_CODE = "IM2ACCOUNT"


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


BODIES = {
    ErrorShape.TEXT: _text,
    ErrorShape.IM2_JSON: _im2_json,
    ErrorShape.HTML: _html,
    ErrorShape.PROBLEM_JSON: _problem_json,
}
