"""How errors are told: status, code, words, headers; and warnings beside answers."""

import json

import pytest

from imgproxy_py.accounts.errors import UnknownAccount
from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge, NotAnImage
from imgproxy_py.jobs.errors import JobNotFound
from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    SourceForbidden,
    SourceNotFound,
    SourceNotPublic,
    SourceTooLarge,
    SourceTruncated,
    UploadTimeout,
)
from imgproxy_py.web.errors import MethodNotAllowed, RangeNotSatisfiable, RequestError
from imgproxy_py.web.problems import problem_reply
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.warning import MAX_LINES, warning_headers
from imgproxy_py.workers.errors import DeadlineReached, EngineCrashed, Overloaded
from options_grammar import OptionsError, parse

ERRORS = [
    (MethodNotAllowed(method="PUT"), 405, "no-store"),
    (UnknownAccount("nobody"), 403, "no-store"),
    (SourceForbidden("x"), 403, "no-store"),
    (SourceNotFound("x"), 404, "max-age=60"),
    (SourceNotPublic("x"), 404, "max-age=60"),
    (SourceTooLarge(source_bytes=9, max_source_bytes=8), 413, "max-age=60"),
    (NotAnImage("x"), 415, "max-age=60"),
    (BrokenImage("x"), 422, "max-age=60"),
    (ImageTooLarge("x"), 413, "max-age=60"),
    (RangeNotSatisfiable(total_bytes=5), 416, "no-store"),
    (EngineCrashed(), 422, "max-age=60"),
    (OriginFailed("x"), 502, "no-store"),
    (SourceTruncated("x"), 502, "no-store"),
    (OriginTimeout("x"), 504, "no-store"),
    (UploadTimeout("x"), 408, "no-store"),
    (DeadlineReached(best=None), 504, "no-store"),
    (Overloaded(retry_after_seconds=7), 503, "no-store"),
    (RuntimeError("secret detail"), 500, "no-store"),
]


@pytest.mark.parametrize(
    ("error", "status", "cache_control"),
    [pytest.param(*row, id=type(row[0]).__name__) for row in ERRORS],
)
@pytest.mark.parametrize("accept", ["", "application/im2+json", "text/html"])
def test_every_error_has_its_status_a_short_life_and_a_body(
    error: Exception, status: int, cache_control: str, accept: str
) -> None:
    reply = problem_reply(error, accept=accept)

    headers = dict(reply.headers)
    assert (reply.status, headers["Cache-Control"]) == (status, cache_control)
    assert headers["Vary"] == "Accept"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert bytes(reply.body).strip()
    assert ("Retry-After" in headers) == (status in (429, 503))


@pytest.mark.parametrize("error", [JobNotFound("a"), NotAnImage("x")])
def test_what_the_api_tells_one_account_is_kept_for_nobody(error: Exception) -> None:
    """A cache does not see whose `X-API-Key` it was."""
    reply = problem_reply(error, accept="", asked="/api/v1/jobs/a")

    assert dict(reply.headers)["Cache-Control"] == "no-store"


def test_a_refused_method_is_told_which_ones_are_answered() -> None:
    reply = problem_reply(MethodNotAllowed(method="PUT"), accept="")

    assert dict(reply.headers)["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert bytes(reply.body) == b"PUT is not answered here; use GET, HEAD, POST, OPTIONS\n"


def test_overload_says_when_to_come_back() -> None:
    reply = problem_reply(Overloaded(retry_after_seconds=7), accept="")

    assert dict(reply.headers)["Retry-After"] == "7"


def test_a_bug_of_ours_tells_nothing_of_itself() -> None:
    reply = problem_reply(RuntimeError("secret detail"), accept="text/html", asked="/user/full")

    assert b"secret" not in bytes(reply.body)


def test_the_mark_stands_exactly_under_the_fault_in_plain_text() -> None:
    reply = refused("100x100,wat=9,quality=low", accept="")

    lines = bytes(reply.body).decode().splitlines()
    assert lines[1:] == ["    100x100,wat=9,quality=low", "            ^^^^^"]


def test_im2_json_carries_the_mark_too() -> None:
    told = json.loads(bytes(refused("100x100,wat=9", accept="application/im2+json").body))

    assert told["error"].endswith("\n    100x100,wat=9\n            ^^^^^")
    assert (told["status"], told["code"]) == (400, "option_unknown")


def test_html_marks_the_fault_and_escapes_what_it_repeats() -> None:
    probe = "<script>alert(1)</script>"

    reply = refused(f"100x100,{probe}", accept="text/html", asked=f"/user/100x100,{probe}")

    page = bytes(reply.body).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "^^^^" in page or "<mark>" in page


def refused(options: str, *, accept: str, asked: str = "") -> Reply:
    with pytest.raises(OptionsError) as caught:
        parse(options)
    return problem_reply(caught.value, accept=accept, asked=asked)


def test_a_warning_is_one_line_of_ascii_with_its_quotes_escaped() -> None:
    name, value = warning_headers(('did you mean "é\\"?\r\nX: y',))[0]

    assert name == "Warning"
    assert value == '299 imgproxy-py "did you mean \\"?\\\\\\"???X: y"'


def test_a_request_with_fifty_mistakes_gets_an_answer_that_clients_can_read() -> None:
    lines = warning_headers(tuple(f"mistake {number} " + "x" * 5000 for number in range(50)))

    assert len(lines) == MAX_LINES
    assert lines[-1][1] == '299 imgproxy-py "and 35 warnings more"'
    assert sum(len(value) for _, value in lines) < 5000


def test_the_page_of_an_error_repeats_no_password() -> None:
    asked = "/user/wat/https://bob:secret@example.com/a.png"

    reply = problem_reply(RequestError("x"), accept="text/html", asked=asked)

    assert b"secret" not in bytes(reply.body)
    assert b"example.com/a.png" in bytes(reply.body)
