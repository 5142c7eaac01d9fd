"""What stands around a call that is refused: limits of bytes and time, names of files, methods."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.web.api.calling import (
    BOUNDARY,
    done,
    form,
    optimize,
    path_of,
    post,
    problem,
    with_key,
)
from tests.web.origin import Origin
from tests.web.pictures import jpeg, png
from tests.web.server import API_KEY, RunningServer, running_server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with narrow limits of size and of time."""
    directory = tmp_path_factory.mktemp("strict") / "data"
    with running_server(
        directory, MAX_SOURCE_BYTES="100000", IDLE_SECONDS="0.5", FETCH_SECONDS="2", REFINE="off"
    ) as running:
        yield running


def test_broken_and_missing_pictures_are_told_apart(server: RunningServer, origin: Origin) -> None:
    gone = problem(optimize(server, f"{origin.url}/missing.jpg"))
    broken = problem(optimize(server, b"\x89PNG\r\n\x1a\n and no header"))

    assert gone[:2] == (404, "source_not_found")
    assert broken[:2] == (422, "broken_image")


@pytest.mark.parametrize(
    ("filename", "saved_as"),
    [
        pytest.param("../../etc/passwd.png", "passwd.png", id="a path upward"),
        pytest.param("C:\\\\secrets\\\\a.png", "a.png", id="a path of Windows"),
        pytest.param("a\x00b.png", "ab.png", id="a NUL"),
        pytest.param("\u202egnp.exe.png", "gnp.exe.png", id="reading direction turned round"),
        pytest.param("é\x07.png", "%C3%A9.png", id="a bell"),
        pytest.param("/", "image.png", id="nothing but a slash"),
    ],
)
def test_a_file_name_is_text_and_never_a_path(
    server: RunningServer, filename: str, saved_as: str
) -> None:
    # Another picture for each name: the name belongs to the first who brought one.
    told = done(optimize(server, png(150, 100 + len(filename)), filename=filename))

    named = server.get(path_of(told, server)).headers["Content-Disposition"]

    assert named == f"inline; filename*=UTF-8''{saved_as}"


def test_a_picture_that_is_too_large_is_refused_by_its_bytes(strict: RunningServer) -> None:
    small_form = optimize(strict, bytes(100_001))
    announced = post(strict, form({}, [("image", "a.jpg", bytes(3_000_000))]))

    limit = "a source image may have at most 100000 bytes; this one is larger than that"
    assert problem(small_form) == (413, "source_too_large", limit)
    assert problem(announced) == (413, "source_too_large", limit)


def test_a_client_that_stops_sending_hears_of_it(strict: RunningServer) -> None:
    head = request_head(strict, "Content-Length: 1000")

    answer = strict.raw(head + form({"width": "1"})[:30])

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "upload_timeout"' in answer


def test_a_client_that_is_refused_while_it_sends_hears_the_answer(strict: RunningServer) -> None:
    """No key: the answer is ready before the first byte of the picture has arrived."""
    head = request_head(strict, "Content-Length: 3000000").replace(API_KEY.encode(), b"opt_wrong")
    with socket.create_connection((strict.host, strict.port), timeout=20) as sock:
        sock.sendall(head + bytes(1_500_000))
        answer = sock.recv(65_536)
        sock.sendall(bytes(1_500_000))

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b'"code": "api_key_invalid"' in answer


def request_head(server: RunningServer, length: str) -> bytes:
    lines = [
        "POST /api/optimize HTTP/1.1",
        f"Host: {server.host}",
        f"X-API-Key: {API_KEY}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        length,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def test_where_nothing_is_ready_in_time_a_job_is_offered(
    server: RunningServer, origin: Origin
) -> None:
    slow = problem(optimize(server, jpeg(1600, 1200), options="timeout=0.001"))

    assert slow[:2] == (504, "result_not_ready")
    assert slow[2] == (
        "there was no result yet when the time allowed ran out; allow more with "
        "options=timeout=60, or send the picture as a job to /api/v1/jobs"
    )


def test_another_method_is_told_which_there_is(server: RunningServer) -> None:
    answer = server.ask("GET", "/api/optimize", with_key())

    assert problem(answer) == (
        405,
        "method_not_allowed",
        "GET is not answered here; use POST, OPTIONS",
    )
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_nothing_of_a_refused_upload_stays_open(strict: RunningServer) -> None:
    """A spool has no name on the disk: it is gone with its last descriptor."""
    for _ in range(3):
        optimize(strict, bytes(100_001))
        optimize(strict, b"no picture")
        post(strict, form({"width": "x"}, [("image", "a.jpg", bytes(2_000))]))

    assert eventually(lambda: open_spools(strict) == [])


def open_spools(server: RunningServer) -> list[str]:
    links: list[str] = []
    for fd in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            links.append(str(fd.readlink()))
    spools = str(server.data_dir / "spool")
    return [link for link in links if link.startswith((spools, "/memfd:source"))]
