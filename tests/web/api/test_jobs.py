"""`/api/v1/jobs` over a real socket: handed in, looked at, cancelled, listed."""

import json
import re
import sqlite3
from uuid import uuid4

import pytest

from tests.web.api.calling import NINE_KEYS, path_of, problem, with_key
from tests.web.api.sending import JOBS, accepted, ask, ended_job, send_batch, send_job, shown
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import RunningServer

UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_a_job_is_accepted_at_once_and_told_where_it_is(server: RunningServer) -> None:
    answer = send_job(server, jpeg(300, 200), filename="größe.jpg", format="webp")

    told = accepted(answer)
    assert answer.headers["Location"] == f"{server.url}{JOBS}/{told['id']}"
    assert answer.headers["Retry-After"] == "1"
    assert told == {
        "id": told["id"],
        "status": "queued",
        "progress": 0.0,
        "created_at": told["created_at"],
        "started_at": None,
        "finished_at": None,
        "filename": "größe.jpg",
        "attempts": 0,
        "result": None,
        "error": None,
    }
    assert UTC.fullmatch(told["created_at"])


def test_a_finished_job_has_the_nine_keys_and_asks_for_no_more_polling(
    server: RunningServer,
) -> None:
    job_id = accepted(send_job(server, jpeg(310, 200), width="150"))["id"]

    told = ended_job(server, job_id)

    assert (told["status"], told["progress"], told["attempts"]) == ("succeeded", 1.0, 1)
    assert list(told["result"])[:9] == NINE_KEYS
    assert told["result"]["width"] == 150
    assert UTC.fullmatch(told["started_at"])
    assert UTC.fullmatch(told["finished_at"])
    assert ask(server, f"{JOBS}/{job_id}").headers["Retry-After"] is None
    assert opened(server.get(path_of(told["result"], server)).body).width == 150


def test_a_source_url_becomes_a_job_named_after_its_file(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/shop/a%20photo.png?size=1", png(90, 90), media_type="image/png")

    told = accepted(send_job(server, url=url))

    assert told["filename"] == "a photo.png"
    assert ended_job(server, told["id"])["result"]["original_size"] == len(png(90, 90))


def test_damage_that_no_header_shows_ends_the_job_as_failed(server: RunningServer) -> None:
    job_id = accepted(send_job(server, png(200, 200)[:-200]))["id"]

    told = ended_job(server, job_id)

    assert (told["status"], told["result"], told["error"]["code"]) == (
        "failed",
        None,
        "broken_image",
    )
    assert told["error"]["message"].startswith("the source image is damaged")


def test_a_job_that_waits_for_its_source_can_be_cancelled_twice(
    server: RunningServer, slow_url: str
) -> None:
    job_id = accepted(send_job(server, url=slow_url))["id"]

    first = server.ask("DELETE", f"{JOBS}/{job_id}", with_key())
    second = server.ask("DELETE", f"{JOBS}/{job_id}", with_key())

    assert shown(first)["status"] == shown(second)["status"] == "cancelled"
    assert ended_job(server, job_id)["error"] is None


def test_a_finished_job_cannot_be_cancelled(server: RunningServer) -> None:
    job_id = accepted(send_job(server, png(70, 70)))["id"]
    ended_job(server, job_id)

    refused = server.ask("DELETE", f"{JOBS}/{job_id}", with_key())

    assert problem(refused) == (
        409,
        "job_finished",
        f'the job "{job_id}" has succeeded already: there is nothing to cancel',
    )


def test_what_is_no_job_of_the_account_is_not_found(server: RunningServer) -> None:
    other = uuid4().hex

    assert problem(ask(server, f"{JOBS}/{other}")) == (
        404,
        "job_not_found",
        f'there is no job "{other}"',
    )


def test_the_list_goes_on_where_its_cursor_says(server: RunningServer) -> None:
    made = [accepted(send_job(server, png(40 + n, 40)))["id"] for n in range(5)]

    first = shown(ask(server, f"{JOBS}?limit=2"))
    second = shown(ask(server, f"{JOBS}?limit=2&cursor={first['next_cursor']}"))

    ids = [job["id"] for job in first["jobs"] + second["jobs"]]
    assert ids == made[:0:-1]


def test_the_list_shows_one_state_only_when_asked_for_it(server: RunningServer) -> None:
    failed = accepted(send_job(server, png(201, 200)[:-200]))["id"]
    done = accepted(send_job(server, png(71, 71)))["id"]
    ended_job(server, failed)
    ended_job(server, done)

    told = shown(ask(server, f"{JOBS}?status=failed&limit=500"))["jobs"]

    assert failed in [job["id"] for job in told]
    assert {job["status"] for job in told} == {"failed"}


def test_the_list_shows_one_batch_only_when_asked_for_it(server: RunningServer) -> None:
    batch = f"of the list {uuid4().hex}"
    sent = accepted(send_batch(server, batch, [("a.png", png(50, 50)), ("b.png", png(51, 50))]))
    accepted(send_job(server, png(52, 50)))

    told = shown(ask(server, f"{JOBS}?batch={batch.replace(' ', '+')}"))["jobs"]

    assert {job["id"] for job in told} == {file["job_id"] for file in sent["accepted"]}
    assert problem(ask(server, f"{JOBS}?batch=none-of-ours")) == (
        404,
        "batch_not_found",
        "this account has no batch with that client_batch_id",
    )


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        pytest.param(
            "status=done",
            "query_invalid",
            '"status" in the query is one of queued, running, succeeded, failed, cancelled',
        ),
        pytest.param(
            "limit=501", "query_invalid", '"limit" in the query is a whole number, 1 to 500'
        ),
        pytest.param(
            "limit=many", "query_invalid", '"limit" in the query is a whole number, 1 to 500'
        ),
        pytest.param(
            "cursor=7",
            "cursor_invalid",
            "the cursor is none that a list gave out; begin without one",
        ),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    server: RunningServer, query: str, code: str, words: str
) -> None:
    assert problem(ask(server, f"{JOBS}?{query}")) == (400, code, words)


@pytest.mark.parametrize(
    ("fields", "picture", "status", "code"),
    [
        pytest.param({"width": "9"}, None, 400, "source_missing", id="no picture"),
        pytest.param({"url": "ftp://a.example/x"}, None, 400, "source_url_invalid", id="no URL"),
        pytest.param({"url": "http://a.example/x"}, b"x", 400, "source_ambiguous", id="both"),
        pytest.param({}, b"", 400, "upload_empty", id="an empty file"),
        pytest.param({"width": "wide"}, b"x", 400, "field_invalid", id="a width in words"),
        pytest.param(
            {"callback_url": "gopher://a.example/"},
            b"x",
            400,
            "callback_url_invalid",
            id="callback",
        ),
    ],
)
def test_a_job_that_cannot_be_done_is_refused_at_once(
    server: RunningServer, fields: dict[str, str], picture: bytes | None, status: int, code: str
) -> None:
    told = problem(send_job(server, picture, headers=None, **fields))

    assert told[:2] == (status, code)


def test_half_a_character_in_a_callback_url_is_refused_in_words(server: RunningServer) -> None:
    body = rb'{"url": "https://a.example/x.png", "callback_url": "https://a.example/\udc80"}'

    refused = server.ask("POST", JOBS, with_key(Content_Type="application/json"), body)

    assert problem(refused) == (
        400,
        "field_invalid",
        '"callback_url" holds characters that no text has, such as U+DC80',
    )


def test_a_user_name_that_no_library_reads_ends_no_job(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/d/crooked.png", png(92, 90), media_type="image/png")
    job_id = accepted(send_job(server, url=url.replace("//", "//[@")))["id"]

    told = ended_job(server, job_id)

    assert (told["status"], told["attempts"], told["error"]) == ("succeeded", 1, None)


def test_what_may_be_looked_at_may_be_looked_at_by_its_head(server: RunningServer) -> None:
    refused = server.ask("PUT", JOBS, with_key())

    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert server.ask("HEAD", JOBS, with_key()).status == 200


def test_the_same_request_sent_again_makes_no_second_job(server: RunningServer) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = send_job(server, png(53, 50), headers=key)
    again = send_job(server, png(53, 50), headers=key)
    changed = send_job(server, png(54, 50), headers=key)

    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert problem(changed)[:2] == (409, "idempotency_key_reused")
    ids = [job["id"] for job in shown(ask(server, f"{JOBS}?limit=500"))["jobs"]]
    assert ids.count(json.loads(first.body)["id"]) == 1


def test_a_server_that_died_before_its_answer_makes_no_second_job(server: RunningServer) -> None:
    """As it is after kill -9: the job is there, the answer under the key is not."""
    key = {"Idempotency-Key": uuid4().hex}
    first = accepted(send_job(server, jpeg(77, 55), headers=key))
    with sqlite3.connect(server.data_dir / "imgproxy.db", timeout=30) as database:
        database.execute("DELETE FROM idempotency_keys WHERE key = ?", [key["Idempotency-Key"]])

    again = send_job(server, jpeg(77, 55), headers=key)

    assert accepted(again)["id"] == first["id"]
    assert again.headers["Location"] == f"{server.url}{JOBS}/{first['id']}"
