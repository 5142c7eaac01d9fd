"""One line for every answer, and the id by which a requester names theirs."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.waiting import eventually
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, RunningServer, running_server


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("logged") / "data"
    with running_server(data_dir, LOG_FORMAT="json", ENGINE_WORKERS="1") as running:
        yield running


def line_of(server: RunningServer, mark: str) -> dict[str, Any]:
    """The one line about the answer to a target that holds `mark`."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        log = (server.data_dir / "server.log").read_text().splitlines()
        lines = (json.loads(line) for line in log if line.startswith("{"))
        found[:] = [line for line in lines if mark in line.get("target", "")]
        return bool(found)

    assert eventually(is_there)
    assert len(found) == 1
    return found[0]


def test_an_answer_is_one_line_that_says_what_it_was(
    logging_server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/one-line.jpg", jpeg())

    answer = logging_server.get(f"/{USERNAME}/100/{url}")
    line = line_of(logging_server, "one-line")

    said = {name: line[name] for name in ("level", "logger", "message", "method", "status")}
    assert said == {
        "level": "info",
        "logger": "imgproxy_py.web",
        "message": "answered",
        "method": "GET",
        "status": 200,
    }
    assert line["bytes"] == len(answer.body)
    assert 0 < line["ms"] < 60_000
    assert round(line["ms"], 1) == line["ms"]
    assert line["target"] == f"/{USERNAME}/100/{url}"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param(f"/{USERNAME}/wat=9/http://a.example/{{mark}}", 400, id="an image URL"),
        pytest.param("/results/nothing-{mark}", 404, id="a result"),
        pytest.param("/docs/nothing-{mark}", 404, id="a reserved address"),
    ],
)
def test_every_error_carries_the_id_of_its_line(
    logging_server: RunningServer, target: str, status: int
) -> None:
    mark = f"mark-{status}-{len(target)}"
    answer = logging_server.get(target.format(mark=mark))
    line = line_of(logging_server, mark)

    assert (answer.status, line["status"]) == (status, status)
    assert answer.all("X-Request-Id") == [line["request_id"]]
    exposed = ", ".join(answer.all("Access-Control-Expose-Headers"))
    assert "X-Request-Id" in exposed.split(", ")


def test_an_answer_that_is_no_error_needs_no_id(logging_server: RunningServer) -> None:
    assert logging_server.get("/livez").all("X-Request-Id") == []


def test_no_password_is_logged_where_a_long_target_is_cut(logging_server: RunningServer) -> None:
    padding = "p" * 260
    logging_server.get(f"/{USERNAME}/wat=cut-here/http://me:{padding}hushhush@a.example/b.png")
    line = line_of(logging_server, "cut-here")

    assert len(line["target"]) <= 300
    log = (logging_server.data_dir / "server.log").read_text()
    assert "pppp" not in log


def test_a_target_of_any_length_is_logged_up_to_a_limit(logging_server: RunningServer) -> None:
    logging_server.get(f"/{USERNAME}/wat=endless/http://a.example/" + "x" * 5000)

    assert len(line_of(logging_server, "wat=endless")["target"]) == 300


def test_bytes_counts_what_was_sent_and_not_what_get_would_send(
    logging_server: RunningServer,
) -> None:
    logging_server.ask("HEAD", "/results/headless")

    assert line_of(logging_server, "headless")["bytes"] == 0
