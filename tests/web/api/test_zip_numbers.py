"""Some results of a batch as one archive, over a real socket."""

import io
import zipfile
from typing import Any

import pytest

from tests.web.api.calling import path_of, problem
from tests.web.api.sending import (
    accepted,
    ask,
    batch_at,
    finished_batch,
    put_held_file,
    send_batch,
)
from tests.web.pictures import jpeg, png
from tests.web.server import Answer, RunningServer

FILES = [
    ("photo.jpg", jpeg(201, 150)),
    ("photo.png", png(64, 60)),
    ("last.png", png(65, 60)),
    ("not a picture.png", b"nothing"),
]


@pytest.fixture
def server(api_server: RunningServer) -> RunningServer:
    return api_server


def made(server: RunningServer, batch: str) -> dict[str, Any]:
    accepted(send_batch(server, batch, FILES, format="webp"))
    return finished_batch(server, batch)


def picked(server: RunningServer, batch: str, numbers: str) -> Answer:
    return ask(server, batch_at(batch, f"/zip?numbers={numbers}"))


def entries(answer: Answer) -> dict[str, bytes]:
    assert answer.status == 200, answer.body
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_files_that_are_asked_for_come_under_their_numbers(
    server: RunningServer, batch: str
) -> None:
    items = made(server, batch)["items"]

    got = entries(picked(server, batch, "2,0"))

    assert list(got) == ["0.webp", "2.webp"]
    for number in (0, 2):
        path = path_of(items[number]["result"], server)
        assert got[f"{number}.webp"] == server.get(path).body


def test_what_has_no_result_is_left_out_and_nobody_waits_for_the_others(
    server: RunningServer, batch: str
) -> None:
    put_held_file(server, made(server, batch)["batch_id"])

    assert list(entries(picked(server, batch, "1,3,77,1000000"))) == ["1.webp"]
    assert entries(picked(server, batch, "3")) == {}


def test_a_batch_of_somebody_else_has_no_files(server: RunningServer, batch: str) -> None:
    status, code, _ = problem(picked(server, batch, "0"))

    assert (status, code) == (404, "batch_not_found")


def test_what_is_no_list_of_numbers_is_refused(server: RunningServer, batch: str) -> None:
    made(server, batch)

    assert problem(picked(server, batch, "0-3")) == (
        400,
        "query_invalid",
        '"numbers" in the query are those of up to 500 files, such as 0,3,17',
    )
