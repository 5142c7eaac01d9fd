"""Batches over a real socket: every file has a job or a reason, and the counts are true."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.web.api.calling import MULTIPART, form, problem, with_key
from tests.web.api.sending import (
    BATCH,
    accepted,
    ask,
    batch_at,
    cancelled,
    ended_job,
    finished_batch,
    put_held_file,
    send_batch,
    shown,
)
from tests.web.pictures import jpeg, png
from tests.web.server import RunningServer, running_server

PLAN = """
[five]
keys = 1
requests_per_minute = "unlimited"
images_per_month = 5
"""


@pytest.fixture
def batch() -> str:
    """A name that no other test has used."""
    return f"batch {uuid4().hex}"


def pictures(count: int, *, width: int = 20) -> list[tuple[str, bytes]]:
    return [(f"picture-{n}.png", png(width + n, 20)) for n in range(count)]


def oversized() -> bytes:
    """A PNG whose header declares two billion pixels a side."""
    return png(20, 20)[:16] + b"\x7f\xff\xff\xff" * 2 + png(20, 20)[24:]


def test_a_chunk_is_accepted_file_by_file(server: RunningServer, batch: str) -> None:
    answer = send_batch(server, batch, [("a.png", png(20, 20)), ("b.jpg", jpeg(64, 48))])

    told = accepted(answer)
    assert answer.headers["Location"] == server.url + batch_at(batch)
    assert list(told) == [
        "batch_id",
        "client_batch_id",
        "chunk",
        "accepted",
        "rejected_files",
        "total_files",
        "warnings",
    ]
    assert (told["client_batch_id"], told["chunk"], told["total_files"]) == (batch, 1, 2)
    assert [(file["filename"], file["number"]) for file in told["accepted"]] == [
        ("a.png", 0),
        ("b.jpg", 1),
    ]
    assert told["rejected_files"] == []


def test_each_file_of_a_chunk_is_a_job_with_the_options_of_all(
    server: RunningServer, batch: str
) -> None:
    told = accepted(send_batch(server, batch, pictures(2, width=60), width="30", format="webp"))

    for file in told["accepted"]:
        job = ended_job(server, file["job_id"])
        assert (job["result"]["width"], job["result"]["format"]) == (30, "webp")


def test_a_field_that_no_chunk_has_is_told_at_once(server: RunningServer, batch: str) -> None:
    files = [("a.jpg", jpeg(64, 48))]

    told = accepted(send_batch(server, batch, files, callback_url="https://a.example/"))

    assert told["warnings"] == ['the field "callback_url" is unknown and was ignored']


def test_bad_files_are_told_with_their_reasons_and_the_others_go_on(
    server: RunningServer, batch: str
) -> None:
    files = [
        ("note.txt", b"not a picture"),
        ("good.png", png(20, 20)),
        ("empty.png", b""),
        ("..", png(20, 20)),
        ("huge.png", oversized()),
        ("cut.jpg", jpeg(64, 48)[:30]),
    ]

    told = accepted(send_batch(server, batch, files))

    assert [(file["filename"], file["index"]) for file in told["accepted"]] == [("good.png", 1)]
    assert [
        (file["index"], file["filename"], file["code"], file["message"])
        for file in told["rejected_files"]
    ] == [
        (
            0,
            "note.txt",
            "not_an_image",
            "the source is not a JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP or SVG image",
        ),
        (2, "empty.png", "upload_empty", "the uploaded file is empty"),
        (
            3,
            "",
            "filename_invalid",
            "the file has no usable name, so its result could have none either",
        ),
        (
            4,
            "huge.png",
            "image_too_large",
            "the source image is 2147483647x2147483647 pixels; at most 10000 a side are accepted",
        ),
        (
            5,
            "cut.jpg",
            "broken_image",
            "the source image is damaged: it ends inside its header",
        ),
    ]
    assert told["total_files"] == 6
    whole = finished_batch(server, batch)
    assert (whole["succeeded"], whole["rejected"], whole["total_files"]) == (1, 5, 6)
    assert [file["code"] for file in whole["rejected_files"]] == [
        file["code"] for file in told["rejected_files"]
    ]


def test_a_file_over_the_limit_is_rejected_alone(tmp_path: Path, batch: str) -> None:
    with running_server(tmp_path / "data", MAX_SOURCE_BYTES="1000", REFINE="off") as small:
        told = accepted(
            send_batch(small, batch, [("large.png", png(20, 20) + b"x" * 1000), *pictures(1)])
        )

    assert [file["filename"] for file in told["accepted"]] == ["picture-0.png"]
    assert [(file["code"], file["message"]) for file in told["rejected_files"]] == [
        (
            "source_too_large",
            "a source image may have at most 1000 bytes; this one is larger than that",
        )
    ]


def test_fifty_files_are_taken_and_of_fifty_one_none(server: RunningServer, batch: str) -> None:
    refused = send_batch(server, batch, pictures(51))
    missing = ask(server, batch_at(batch))
    told = accepted(send_batch(server, batch, pictures(50)))

    assert problem(refused) == (
        413,
        "upload_too_many",
        "a request may hold at most 50 files",
    )
    assert problem(missing)[:2] == (404, "batch_not_found")
    assert len(told["accepted"]) == 50


def test_two_chunks_are_one_batch(server: RunningServer, batch: str) -> None:
    first = accepted(send_batch(server, batch, pictures(2)))
    second = accepted(send_batch(server, batch, pictures(3, width=40)))

    assert (first["batch_id"], first["chunk"]) == (second["batch_id"], 1)
    assert (second["chunk"], second["total_files"]) == (2, 5)
    whole = finished_batch(server, batch)
    assert (whole["chunks"], whole["succeeded"], whole["total_files"]) == (2, 5, 5)
    assert [item["number"] for item in whole["items"]] == [0, 1, 2, 3, 4]
    assert whole["original_size"] == sum(item["result"]["original_size"] for item in whole["items"])
    assert whole["saved_bytes"] == whole["original_size"] - whole["optimized_size"]
    assert (whole["next_cursor"], whole["rejected_files"]) == (None, [])


def test_a_batch_asks_to_be_looked_at_again_until_it_is_finished(
    server: RunningServer, batch: str
) -> None:
    batch_id = accepted(send_batch(server, batch, pictures(1)))["batch_id"]
    held = put_held_file(server, batch_id)
    unfinished = ask(server, batch_at(batch))
    cancelled(server, held)
    finished_batch(server, batch)

    assert unfinished.headers["Retry-After"] == "1"
    assert ask(server, batch_at(batch)).headers["Retry-After"] is None


def test_chunks_that_come_together_are_numbered_apart(server: RunningServer, batch: str) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = list(
            clients.map(lambda n: send_batch(server, batch, pictures(3, width=20 + n)), range(8))
        )

    told = [accepted(answer) for answer in answers]
    assert sorted(each["chunk"] for each in told) == list(range(1, 9))
    numbers = sorted(file["number"] for each in told for file in each["accepted"])
    assert numbers == list(range(24))
    assert finished_batch(server, batch)["total_files"] == 24


def test_a_chunk_sent_again_is_answered_again_and_not_done_again(
    server: RunningServer, batch: str
) -> None:
    first = send_batch(server, batch, pictures(2), key="spring-1")
    again = send_batch(server, batch, pictures(2), key='"spring-1"')
    changed = send_batch(server, batch, pictures(3), key="spring-1")

    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert problem(changed)[:2] == (409, "idempotency_key_reused")
    assert finished_batch(server, batch)["total_files"] == 2


def test_a_server_that_died_before_its_answer_makes_no_job_twice(
    server: RunningServer, batch: str
) -> None:
    """As it is after kill -9: jobs and rejections are there, the answer under the key is not."""
    files = [*pictures(2), ("bad.png", b"bad")]
    first = accepted(send_batch(server, batch, files, key=batch.replace(" ", "-")))
    accepted(send_batch(server, batch, pictures(1, width=40)))
    with sqlite3.connect(server.data_dir / "imgproxy.db", timeout=30) as database:
        database.execute("DELETE FROM idempotency_keys WHERE key = ?", [batch.replace(" ", "-")])

    again = accepted(send_batch(server, batch, files[::-1], key=batch.replace(" ", "-")))

    assert again["chunk"] == 1
    assert {file["job_id"]: (file["filename"], file["number"]) for file in again["accepted"]} == {
        file["job_id"]: (file["filename"], file["number"]) for file in first["accepted"]
    }
    assert [file["index"] for file in again["accepted"]] == [2, 1]
    assert [(file["index"], file["code"]) for file in again["rejected_files"]] == [
        (0, "not_an_image")
    ]
    whole = finished_batch(server, batch)
    assert (whole["succeeded"], whole["rejected"], whole["chunks"]) == (3, 1, 2)


def test_a_batch_takes_no_more_files_than_it_may(server: RunningServer, batch: str) -> None:
    told = accepted(send_batch(server, batch, pictures(1)))
    with sqlite3.connect(server.data_dir / "imgproxy.db", timeout=30) as database:
        database.execute("UPDATE batches SET total_files = 49999 WHERE id = ?", [told["batch_id"]])

    refused = send_batch(server, batch, pictures(2))
    last = accepted(send_batch(server, batch, pictures(1, width=41)))

    assert problem(refused) == (
        413,
        "batch_too_large",
        (
            "a batch may have at most 50000 files, and this one has 49999 already; begin another "
            "with a new client_batch_id"
        ),
    )
    assert (last["total_files"], last["chunk"]) == (50_000, 2)


def test_files_beyond_the_quota_are_rejected_and_cost_nothing(tmp_path: Path, batch: str) -> None:
    plans = tmp_path / "plans.toml"
    plans.write_text(PLAN)
    with running_server(
        tmp_path / "data", PLANS_FILE=str(plans), BOOTSTRAP_PLAN="five", REFINE="off"
    ) as limited:
        told = accepted(send_batch(limited, batch, pictures(7)))
        whole = finished_batch(limited, batch)

    assert [file["index"] for file in told["accepted"]] == [0, 1, 2, 3, 4]
    assert [file["index"] for file in told["rejected_files"]] == [5, 6]
    for file in told["rejected_files"]:
        assert file["code"] == "quota_exceeded"
        assert file["message"].startswith("the 5 images of this month are used up; ")
    assert (whole["succeeded"], whole["rejected"]) == (5, 2)


def test_items_are_paged_by_number(server: RunningServer, batch: str) -> None:
    accepted(send_batch(server, batch, [*pictures(5), ("bad", b"bad")]))
    finished_batch(server, batch)

    first = shown(ask(server, batch_at(batch, "?limit=3")))
    second = shown(ask(server, batch_at(batch, f"?limit=3&cursor={first['next_cursor']}")))

    assert [item["number"] for item in first["items"]] == [0, 1, 2]
    assert [item["number"] for item in second["items"]] == [3, 4]
    assert second["next_cursor"] is None
    assert len(first["rejected_files"]) == 1
    assert "rejected_files" not in second


def test_a_chunk_needs_an_idempotency_key(server: RunningServer) -> None:
    body = form({"client_batch_id": "x"}, [("f", "a.png", png(20, 20))])
    answer = server.ask("POST", BATCH, {"Content-Type": MULTIPART, **with_key()}, body)

    assert problem(answer)[:2] == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        pytest.param("", {}, "client_batch_id_invalid", id="without a name"),
        pytest.param("x" * 256, {}, "client_batch_id_invalid", id="a name that is too long"),
        pytest.param("a\x07b", {}, "client_batch_id_invalid", id="a bell in the name"),
        pytest.param("b", {"height": "0"}, "field_invalid", id="a height of nothing"),
        pytest.param("b", {"compression": "most"}, "field_invalid", id="a field"),
        pytest.param("b", {"url": "http://a.example/x.png"}, "field_invalid", id="a URL"),
    ],
)
def test_a_chunk_that_cannot_be_is_refused_as_a_whole(
    server: RunningServer, name: str, fields: dict[str, str], code: str
) -> None:
    answer = send_batch(server, name, pictures(1), **fields)

    assert problem(answer)[:2] == (400, code)


def test_a_chunk_without_files_is_refused(server: RunningServer, batch: str) -> None:
    assert problem(send_batch(server, batch, [])) == (
        400,
        "upload_missing",
        "the form holds no file: send up to 50, each as a field with a name",
    )


def test_another_account_sees_nothing_of_a_batch(server: RunningServer, batch: str) -> None:
    accepted(send_batch(server, batch, pictures(1)))

    for rest in ("", "/events", "/zip"):
        told = problem(ask(server, batch_at(f"{batch} of others", rest)))
        assert told == (
            404,
            "batch_not_found",
            "this account has no batch with that client_batch_id",
        )


def test_the_name_of_a_batch_may_hold_whatever_can_be_printed(server: RunningServer) -> None:
    name = f"Spring / größte % 100+1 #{uuid4().hex}"

    accepted(send_batch(server, name, pictures(1)))

    assert finished_batch(server, name)["client_batch_id"] == name
