"""The ZIP of a batch over a real socket: whole, in parts, and refused when it cannot be whole."""

import hashlib
import io
import os
import shutil
import subprocess
import time
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.web.api.calling import path_of, problem, with_key
from tests.web.api.sending import (
    accepted,
    ask,
    batch_at,
    cancelled,
    finished_batch,
    put_held_file,
    send_batch,
)
from tests.web.pictures import jpeg, png
from tests.web.server import Answer, RunningServer, running_server

FILES = [
    ("photo.jpg", jpeg(200, 150)),
    ("../photo.png", png(60, 60)),
    ("größe.png", png(61, 60)),
    ("not a picture.png", b"nothing"),
]


def made(server: RunningServer, batch: str) -> dict[str, Any]:
    """A finished batch of FILES, as WebP."""
    accepted(send_batch(server, batch, FILES, format="webp"))
    return finished_batch(server, batch)


def zip_of(server: RunningServer, batch: str, query: str = "", **headers: str) -> Answer:
    return ask(server, batch_at(batch, f"/zip{query}"), **headers)


def opened(answer: Answer) -> zipfile.ZipFile:
    assert answer.status == 200, answer.body
    return zipfile.ZipFile(io.BytesIO(answer.body))


def test_the_archive_holds_every_result_under_its_own_name(
    server: RunningServer, batch: str
) -> None:
    whole = made(server, batch)

    archive = opened(zip_of(server, batch))

    assert archive.namelist() == ["photo.webp", "photo-2.webp", "größe.webp"]
    for name, item in zip(archive.namelist(), whole["items"], strict=True):
        assert archive.read(name) == server.get(path_of(item["result"], server)).body


@pytest.mark.parametrize(
    ("sent", "told", "unpacked"),
    [
        pytest.param("../../etc/passwd.png", "passwd.png", "passwd.png", id="a way out"),
        pytest.param("/etc/cron.d/job.png", "job.png", "job.png", id="from the root"),
        pytest.param("aux.png", "aux.png", "_aux.png", id="a device"),
        pytest.param("a\u202egpj.png", "agpj.png", "agpj.png", id="a reversal"),
        pytest.param("a\x00b.png", "ab.png", "ab.png", id="a null"),
        pytest.param("a<b>|c?.png", "a_b__c_.png", "a_b__c_.png", id="signs"),
        pytest.param("x" * 300 + ".png", "x" * 251 + ".png", "x" * 251 + ".png", id="too long"),
    ],
)
def test_a_file_name_leads_nowhere(
    server: RunningServer, batch: str, sent: str, told: str, unpacked: str
) -> None:
    answer = accepted(send_batch(server, batch, [(sent, png(66, 60))]))
    finished_batch(server, batch)

    assert [file["filename"] for file in answer["accepted"]] == [told]
    assert opened(zip_of(server, batch)).namelist() == [unpacked]


def test_unzip_unpacks_it(server: RunningServer, batch: str, tmp_path: Path) -> None:
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("unzip is not installed")
    made(server, batch)
    (tmp_path / "a.zip").write_bytes(zip_of(server, batch).body)

    tested = subprocess.run(
        [unzip, "-t", "a.zip"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert tested.returncode == 0, tested.stdout
    assert "No errors detected in compressed data of a.zip." in tested.stdout


def test_the_archive_is_a_file_with_a_name_a_length_and_a_validator(
    server: RunningServer, batch: str
) -> None:
    made(server, batch)

    answer = zip_of(server, batch)

    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=\"{batch}.zip\"; filename*=UTF-8''{batch.replace(' ', '%20')}.zip"
    )
    assert zip_of(server, batch).headers["ETag"] == answer.headers["ETag"]
    assert zip_of(server, batch).body == answer.body


def test_head_tells_the_same_without_the_bytes(server: RunningServer, batch: str) -> None:
    made(server, batch)
    whole = zip_of(server, batch)

    head = server.ask("HEAD", batch_at(batch, "/zip"), with_key())

    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Length", "ETag", "Last-Modified", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name]


def test_ranges_put_together_are_the_archive(server: RunningServer, batch: str) -> None:
    made(server, batch)
    whole = zip_of(server, batch)
    places = Random(8)
    size = len(whole.body)
    cuts = sorted(places.sample(range(1, size), 6))

    parts = b""
    for start, end in zip([0, *cuts], [*cuts, size], strict=True):
        answer = zip_of(
            server, batch, Range=f"bytes={start}-{end - 1}", If_Range=whole.headers["ETag"]
        )
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.headers["Content-Length"] == str(end - start)
        parts += answer.body

    assert parts == whole.body


def test_the_last_bytes_can_be_had_alone(server: RunningServer, batch: str) -> None:
    made(server, batch)
    whole = zip_of(server, batch)

    assert zip_of(server, batch, Range="bytes=-22").body == whole.body[-22:]


def test_a_range_beyond_the_end_is_refused(server: RunningServer, batch: str) -> None:
    made(server, batch)
    size = len(zip_of(server, batch).body)

    answer = zip_of(server, batch, Range=f"bytes={size}-")

    assert problem(answer)[:2] == (416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Range": "bytes=0-1,4-5"}, id="several ranges"),
        pytest.param({"Range": "bytes=0-1", "If_Range": '"another"'}, id="of another archive"),
    ],
)
def test_what_cannot_be_given_in_part_is_given_whole(
    server: RunningServer, batch: str, headers: dict[str, str]
) -> None:
    made(server, batch)

    assert len(opened(zip_of(server, batch, **headers)).namelist()) == 3


def test_who_has_the_archive_is_not_sent_it_again(server: RunningServer, batch: str) -> None:
    made(server, batch)
    etag = zip_of(server, batch).headers["ETag"]

    answer = zip_of(server, batch, If_None_Match=etag)

    assert (answer.status, answer.body) == (304, b"")


def test_an_unfinished_batch_has_no_archive_unless_a_part_will_do(
    server: RunningServer, batch: str
) -> None:
    told = made(server, batch)
    held = put_held_file(server, told["batch_id"])

    refused = zip_of(server, batch)
    part = zip_of(server, batch, "?partial=true")
    cancelled(server, held)

    assert problem(refused) == (
        409,
        "batch_not_finished",
        (
            "one file is not finished yet in this batch; ask again later, or with partial=true for "
            "those that are"
        ),
    )
    assert refused.headers["Retry-After"] == "2"
    assert len(opened(part).namelist()) == 3
    assert len(opened(zip_of(server, batch)).namelist()) == 3


def test_a_batch_of_which_nothing_succeeded_has_an_empty_archive(
    server: RunningServer, batch: str
) -> None:
    accepted(send_batch(server, batch, [("bad.png", b"bad")]))

    assert opened(zip_of(server, batch)).namelist() == []


def test_a_result_that_left_the_store_is_named(server: RunningServer, batch: str) -> None:
    accepted(send_batch(server, batch, [("gone.png", png(333, 60)), ("stays.png", png(62, 60))]))
    whole = finished_batch(server, batch)
    data = server.get(path_of(whole["items"][0]["result"], server)).body
    digest = hashlib.sha256(data).hexdigest()
    os.unlink(server.data_dir / "results" / "contents" / digest[:2] / digest[2:])

    assert problem(zip_of(server, batch)) == (
        409,
        "results_expired",
        (
            "one result of this batch can no longer be had: gone.png; send these files again, with "
            "storage_commit=true to have their results kept"
        ),
    )


def test_expired_results_are_named_up_to_twenty_and_kept_ones_are_not(
    tmp_path: Path, batch: str
) -> None:
    kept = f"{batch} kept"
    files = [(f"{n}.png", png(63, 40 + n)) for n in range(22)]
    with running_server(tmp_path / "data", RESULT_TTL_SECONDS="1", REFINE="off") as short:
        accepted(send_batch(short, batch, files))
        accepted(send_batch(short, kept, [("kept.png", png(64, 60))], storage_commit="true"))
        finished_batch(short, batch)
        finished_batch(short, kept)
        time.sleep(1.5)
        expired = zip_of(short, batch)
        library = zip_of(short, kept)

    names = ", ".join(f"{n}.png" for n in range(20))
    assert problem(expired) == (
        409,
        "results_expired",
        (
            f"22 results of this batch can no longer be had: {names} and 2 more; send these files "
            "again, with storage_commit=true to have their results kept"
        ),
    )
    assert opened(library).namelist() == ["kept.png"]


def test_a_result_that_was_asked_for_again_is_there_again(tmp_path: Path, batch: str) -> None:
    with running_server(tmp_path / "data", RESULT_TTL_SECONDS="2", REFINE="off") as short:
        accepted(send_batch(short, batch, [("a.png", png(65, 60))]))
        finished_batch(short, batch)
        time.sleep(2.5)
        expired = zip_of(short, batch)
        again = f"{batch} again"
        accepted(send_batch(short, again, [("a.png", png(65, 60))], storage_commit="true"))
        finished_batch(short, again)
        there = zip_of(short, batch)

    assert problem(expired)[:2] == (409, "results_expired")
    assert opened(there).namelist() == ["a.png"]


def test_partial_is_true_or_false(server: RunningServer, batch: str) -> None:
    made(server, batch)

    assert problem(zip_of(server, batch, "?partial=perhaps")) == (
        400,
        "query_invalid",
        '"partial" in the query is true or false',
    )
