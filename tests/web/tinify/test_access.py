"""Who may shrink and fetch, how often, and how that is told."""

import base64
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.web.pictures import jpeg
from tests.web.server import API_KEY, RunningServer, server_with_plan
from tests.web.tinify.calling import basic, count, failure, output, shrink, shrunk

WANTED = (
    "send your API key (opt_...) as the password of HTTP Basic authentication, with the user api"
)
UNKNOWN = "this API key is unknown or has been revoked; imgproxy-py key create makes a new one"
PLAN = """
[small]
keys = 2
requests_per_minute = 12
images_per_month = 2
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose account may have two images made, and ask six times a minute with its key."""
    with server_with_plan(tmp_path, PLAN) as running:
        yield running


def encoded(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        pytest.param(None, WANTED, id="none"),
        pytest.param("Bearer " + API_KEY, WANTED, id="another scheme"),
        pytest.param("Basic ###", WANTED, id="no base64"),
        pytest.param(encoded(b"\xff\xfe:"), WANTED, id="no text"),
        pytest.param(encoded(API_KEY.encode()), WANTED, id="no colon"),
        pytest.param(encoded(b"api:"), WANTED, id="no password"),
        pytest.param(encoded(b"api:secret"), UNKNOWN, id="no key of ours"),
        pytest.param(encoded(b"api:opt_" + b"x" * 43), UNKNOWN, id="an unknown key"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"no picture"], ids=["empty", "with a body"])
def test_a_bad_key_is_401_before_anything_else_is_looked_at(
    server: RunningServer, authorization: str | None, message: str, body: bytes
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = server.ask("POST", "/shrink", headers, body)

    assert failure(answer) == (401, "Unauthorized", message)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="imgproxy-py", charset="UTF-8"'
    assert answer.headers["Compression-Count"] is None


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/shrink", "POST, OPTIONS"),
        ("DELETE", "/output/abc", "GET, HEAD, POST, OPTIONS"),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_method_that_is_not_there_is_told_in_the_clients_own_form(
    server: RunningServer, method: str, path: str, allowed: str, accept: str
) -> None:
    answer = server.ask(method, path, basic() | {"Accept": accept})

    status, kind, _ = failure(answer)
    assert (status, kind) == (405, "Method not allowed")
    assert answer.headers["Allow"] == allowed


def test_an_address_that_is_not_there_is_told_in_the_clients_own_form(
    server: RunningServer,
) -> None:
    assert failure(server.ask("GET", "/output/abc/def", basic()))[:2] == (404, "Not found")


@pytest.mark.parametrize("user", ["api", "", "somebody"])
def test_only_the_password_counts(server: RunningServer, user: str) -> None:
    headers = {"Authorization": encoded(f"{user}:{API_KEY}".encode())}

    assert server.ask("POST", "/shrink", headers, jpeg(310, 200)).status == 201


def test_a_disabled_account_is_401_so_that_no_client_takes_its_key_for_good(
    small: RunningServer,
) -> None:
    with sqlite3.connect(small.data_dir / "imgproxy.db") as database:
        database.execute("UPDATE accounts SET is_disabled = 1")

    answer = small.ask("POST", "/shrink", basic())

    assert failure(answer) == (401, "Unauthorized", 'the account "user" is disabled')


def test_the_result_is_had_without_a_key_and_commands_are_not(server: RunningServer) -> None:
    location = shrunk(server, jpeg(311, 200))

    plain = output(server, location, method="GET", headers={})
    asked = output(server, location, headers={}, resize={"method": "scale", "width": 10})

    assert plain.status == 200
    assert plain.headers["Compression-Count"] is None
    assert failure(asked) == (401, "Unauthorized", WANTED)


def test_the_month_used_up_is_429_and_says_when_it_begins_anew(small: RunningServer) -> None:
    location = shrunk(small, jpeg(312, 200))
    shrunk(small, jpeg(313, 200))

    third = shrink(small, jpeg(314, 200))
    resized = output(small, location, resize={"method": "scale", "width": 10})
    repeated = shrink(small, jpeg(312, 200))

    for answer in (third, resized):
        status, kind, message = failure(answer)
        assert (status, kind) == (429, "Too many requests")
        assert message.startswith(
            "the 2 images of this month are used up; the quota begins anew on "
        )
        assert count(answer) == 2
        again_at = parsedate_to_datetime(answer.headers["Retry-After"] or "")
        assert message.split(" on ")[1].startswith(f"{again_at:%Y-%m-01} (UTC)")
        assert again_at > datetime.now(UTC)
    assert repeated.status == 201


def test_several_formats_cost_one_image_and_none_is_made_when_none_is_left(
    small: RunningServer,
) -> None:
    location = shrunk(small, jpeg(315, 200))
    types = {"type": ["image/webp", "image/avif", "image/png"]}

    converted = output(small, location, convert=types)
    again = output(small, location, convert=types)
    refused = output(small, location, convert=types, resize={"method": "scale", "width": 90})

    assert (converted.status, count(converted)) == (200, 2)
    assert (again.status, count(again)) == (200, 2)
    assert again.body == converted.body
    assert failure(refused)[:2] == (429, "Too many requests")


def test_requests_for_work_are_limited_and_fetching_is_not(small: RunningServer) -> None:
    location = shrunk(small, jpeg(316, 200))
    states = [small.ask("POST", "/shrink", basic()) for _ in range(5)]

    refused = small.ask("POST", "/shrink", basic())
    fetched = [output(small, location, method="GET").status for _ in range(8)]
    commanded = output(small, location, resize={"method": "scale", "width": 10})

    assert [answer.status for answer in states] == [400] * 5
    assert states[0].headers["RateLimit"].startswith('"key";r=4;t=')
    assert failure(refused)[:2] == (429, "Too many requests")
    assert failure(refused)[2].startswith("more than 6 requests a minute for this key; try again")
    assert int(refused.headers["Retry-After"]) > 0
    assert fetched == [200] * 8
    assert failure(commanded)[:2] == (429, "Too many requests")
