"""Logs: one line per event, with its request's id and without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from imgproxy_py.telemetry.logs import configure_logging, request_id
from imgproxy_py.telemetry.redact import redacted
from tests.waiting import until

log = logging.getLogger("imgproxy_py.test")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    alembic_level = logging.getLogger("alembic").level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(alembic_level)


def test_a_json_line_holds_the_event_and_its_request() -> None:
    stream = io.StringIO()
    configure_logging("json", stream=stream)
    token = request_id.set("r-1")

    log.warning("fetched %s", "https://me:secret@example.com/a.png", extra={"bytes": 12})

    request_id.reset(token)
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "imgproxy_py.test",
        "message": "fetched https://***@example.com/a.png",
        "request_id": "r-1",
        "bytes": 12,
    }


def test_a_text_line_says_the_same_to_a_person() -> None:
    stream = io.StringIO()
    configure_logging("text", stream=stream)

    log.info("key %s", "opt_abcdefghijkl", extra={"bytes": 12})
    log.debug("not shown")

    (line,) = stream.getvalue().splitlines()
    assert line.endswith("INFO imgproxy_py.test: key opt_*** bytes=12")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_is_redacted_too(log_format: Literal["text", "json"]) -> None:
    stream = io.StringIO()
    configure_logging(log_format, stream=stream)

    try:
        raise ValueError("cannot reach s3://key:secret@bucket/")
    except ValueError:
        log.exception("failed")

    assert "ValueError: cannot reach s3://***@bucket/" in stream.getvalue()
    assert "secret" not in stream.getvalue()


def test_what_json_does_not_know_is_written_as_text() -> None:
    stream = io.StringIO()
    configure_logging("json", stream=stream)

    log.info("odd", extra={"value": ValueError("odd")})

    assert json.loads(stream.getvalue())["value"] == "odd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@example.com/", "https://***@example.com/"),
        ("https://me:se@cret@example.com/", "https://***@example.com/"),
        ("http:/me:secret@example.com/", "http:/***@example.com/"),
        ("/full/https%3A%2F%2Fme%3Asecret%40example%2Fa", "/full/https%3A%2F%2F***%40example%2Fa"),
        ("https%253a%252f%252fme%253asecret%2540h%252f", "https%253a%252f%252f***%2540h%252f"),
        ("https://a.example/?u=http://me:se@b.example/", "https://a.example/?u=http://***@b.example/"),
        ("https://example.com/a@b.png", "https://example.com/a@b.png"),
        ("https%3A%2F%2Fexample.com%2Fa%40b", "https%3A%2F%2Fexample.com%2Fa%40b"),
        ("mail me@example.com: https://example.com/", "mail me@example.com: https://example.com/"),
        ("X-API-Key: opt_abcdefgh-_12", "X-API-Key: opt_***"),
        ("GET /shop:k1.0.l7_SyFMxtJD94pY08bprHw/full/x", "GET /shop:k1.0.***/full/x"),
        ("/shop%3Ak1.1893456000.l7_SyFMxtJD94pY08bprHw/50", "/shop%3Ak1.1893456000.***/50"),
        ("http://h:8000/user/100x100/http://a.b.c/d.png", "http://h:8000/user/100x100/http://a.b.c/d.png"),
    ],
)  # fmt: skip
def test_secrets_are_cut_out_of_a_text(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_redacting_a_hostile_text_takes_no_time() -> None:
    hostile = "https://" + "a" * 50_000 + "://" * 50_000 + "%3A%2F" * 20_000
    assert redacted(hostile + "@") is not None


async def test_lines_of_an_event_loop_are_written_together_and_soon() -> None:
    stream = io.StringIO()
    configure_logging("text", stream=stream)

    log.info("one")
    log.info("two %d", 2)
    assert stream.getvalue() == ""
    await until(lambda: stream.getvalue().count("\n") == 2)

    assert [line.rpartition(": ")[2] for line in stream.getvalue().splitlines()] == ["one", "two 2"]


async def test_a_warning_is_written_at_once_behind_what_came_before_it() -> None:
    stream = io.StringIO()
    configure_logging("text", stream=stream)

    log.info("before")
    log.warning("now")

    lines = stream.getvalue().splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == ["before", "now"]


async def test_a_line_that_is_written_later_keeps_the_id_it_had() -> None:
    stream = io.StringIO()
    configure_logging("json", stream=stream)

    for name in ("r-1", "r-2"):
        token = request_id.set(name)
        log.info("answered")
        request_id.reset(token)
    log.warning("outside")

    lines = map(json.loads, stream.getvalue().splitlines())
    assert [line.get("request_id") for line in lines] == ["r-1", "r-2", None]
