"""Batches over a real socket: what is not taken, file by file or as a whole."""

import sqlite3
from pathlib import Path

import pytest

from tests.web.api.calling import MULTIPART, form, problem, with_key
from tests.web.api.sending import (
    BATCH,
    accepted,
    ask,
    batch_at,
    finished_batch,
    pictures,
    send_batch,
)
from tests.web.pictures import jpeg, png
from tests.web.server import RunningServer, running_server

PLAN = """
[five]
keys = 1
requests_per_minute = "unlimited"
images_per_month = 5
"""


def oversized() -> bytes:
    """A PNG whose header declares two billion pixels a side."""
    return png(20, 20)[:16] + b"\x7f\xff\xff\xff" * 2 + png(20, 20)[24:]


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
