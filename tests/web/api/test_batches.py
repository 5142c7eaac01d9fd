"""Batches over a real socket: every file has a job or a reason, and the counts are true."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.web.api.calling import problem
from tests.web.api.sending import (
    accepted,
    ask,
    batch_at,
    cancelled,
    ended_job,
    finished_batch,
    pictures,
    put_held_file,
    send_batch,
    shown,
)
from tests.web.pictures import jpeg, png
from tests.web.server import RunningServer


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

    told = accepted(send_batch(server, batch, files, sparkle="much"))

    assert told["warnings"] == ['the field "sparkle" is unknown and was ignored']


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


def test_the_name_of_a_batch_may_hold_whatever_can_be_printed(server: RunningServer) -> None:
    name = f"Spring / größte % 100+1 #{uuid4().hex}"

    accepted(send_batch(server, name, pictures(1)))

    assert finished_batch(server, name)["client_batch_id"] == name
