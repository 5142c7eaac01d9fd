"""Uploads over the wire: what arrives, how it arrives, and clients that leave."""

import socket
import threading
import time
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.web.asking import is_hit
from tests.web.forms import multipart
from tests.web.origin import Origin
from tests.web.pictures import animated_gif, jpeg, opened, png
from tests.web.server import USERNAME, RunningServer, running_server

FORM = {"Content-Type": "multipart/form-data; boundary=b0undary"}
# How many clients leave in the middle of their uploads.
LEAVING = 5


@pytest.mark.parametrize("path", ["full", "full/", "full,timeout=20"])
def test_an_upload_is_answered_200_with_a_smaller_picture(server: RunningServer, path: str) -> None:
    answer = server.ask("POST", f"/{USERNAME}/{path}", FORM, multipart(png()))

    assert (answer.status, answer.reason) == (200, "OK")
    assert len(answer.body) < len(png())
    assert answer.headers["Content-Encoding"] is None
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_the_bytes_decide_what_it_is_and_not_the_label(server: RunningServer) -> None:
    answer = server.ask("POST", f"/{USERNAME}/full", {"Content-Type": "image/png"}, jpeg())

    assert answer.headers["Content-Type"] == "image/jpeg"


def test_an_animation_keeps_its_frames(server: RunningServer) -> None:
    answer = server.ask("POST", f"/{USERNAME}/30", {}, animated_gif())

    assert answer.headers["Content-Type"] == "image/gif"
    assert opened(answer.body).get("n-pages") == 5


def test_a_body_without_a_length_is_read_to_its_end(server: RunningServer) -> None:
    head = f"POST /{USERNAME}/60 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [png()[start : start + 700] for start in range(0, len(png()), 700)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    received = server.raw(head.encode() + body)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_name_to_save_under_is_that_of_the_file(server: RunningServer) -> None:
    windows = r'form-data; name="file"; filename="C:\\temp\\my photo.jpeg"'
    body = multipart(png(), disposition=windows)

    answer = server.ask("POST", f"/{USERNAME}/50,format=webp", FORM, body)

    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''my%20photo.webp"


def test_a_query_beside_an_upload_is_warned_about(server: RunningServer) -> None:
    answer = server.ask("POST", f"/{USERNAME}/50?width=3", {}, png())

    assert answer.all("Warning") == [
        '299 imgproxy-py "the query after the options belongs to no source URL and was left out"'
    ]


def test_thirty_mistakes_make_no_more_warnings_than_clients_can_read(
    server: RunningServer,
) -> None:
    options = ",".join(["qualty=low", "qualty=high"] * 15)

    answer = server.ask("POST", f"/{USERNAME}/{options},50", {}, png())

    warnings = answer.all("Warning")
    assert answer.status == 200
    assert len(warnings) == 16
    assert warnings[-1].endswith(' warnings more"')


def test_the_same_upload_again_is_a_hit_and_the_same_bytes(server: RunningServer) -> None:
    answers = [server.ask("POST", f"/{USERNAME}/77", {}, png()) for _ in range(2)]

    assert answers[0].body == answers[1].body
    assert is_hit(answers[1])


def test_an_upload_is_answered_for_its_sender_alone(server: RunningServer) -> None:
    answer = server.ask("POST", f"/{USERNAME}/full", {"If-None-Match": "*"}, png())

    assert answer.status == 200
    assert str(answer.headers["Cache-Control"]).startswith("private, max-age=")


def test_the_same_upload_of_somebody_else_keeps_their_file_name_to_themselves(
    server: RunningServer,
) -> None:
    names = []
    for name in ("alice-merger.png", "bob.png"):
        body = multipart(png(91, 91), disposition=f'form-data; name="file"; filename="{name}"')
        answer = server.ask("POST", f"/{USERNAME}/30", FORM, body)
        names.append(answer.headers["Content-Disposition"])

    assert "alice-merger" in names[0]
    assert "bob" in names[1]
    assert "alice" not in names[1]


def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(server: RunningServer) -> None:
    head = f"POST /{USERNAME}/full HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
    open_files = Path(f"/proc/{server.pid}/fd")
    before = len(list(open_files.iterdir()))

    for _ in range(LEAVING):
        with socket.create_connection((server.host, server.port)) as sock:
            sock.sendall(head.encode() + png())
            time.sleep(0.02)

    # The server may have opened a file of its own meanwhile, but not one for each of them.
    assert eventually(lambda: len(list(open_files.iterdir())) < before + LEAVING)


def test_an_upload_that_pauses_or_lasts_too_long_is_ended(tmp_path: Path) -> None:
    settings = {"IDLE_SECONDS": "1.5", "FETCH_SECONDS": "2", "ENGINE_WORKERS": "1"}
    head = f"POST /{USERNAME}/full HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
    with running_server(tmp_path, **settings) as server:
        silent = trickle(server, head.encode(), pause_seconds=None)
        steady = trickle(server, head.encode(), pause_seconds=0.1)

    assert silent.startswith(b"HTTP/1.1 408 ")
    assert b"the upload stopped before it was complete" in silent
    assert steady.startswith(b"HTTP/1.1 408 ")
    assert b"the upload took longer than 2 s" in steady


def trickle(server: RunningServer, head: bytes, *, pause_seconds: float | None) -> bytes:
    """What is answered to an upload of one byte each `pause_seconds`, or of one byte for ever."""
    with socket.create_connection((server.host, server.port), timeout=pause_seconds or 5) as sock:
        sock.sendall(head + b"x")
        for _ in range(200):
            try:
                return sock.recv(65_536)
            except TimeoutError:
                sock.sendall(b"x")
    return b""


def test_a_client_that_no_longer_waits_takes_its_work_with_it(
    origin: Origin, tmp_path: Path
) -> None:
    """The one engine process is free again long before the origin would have ended."""
    gone = threading.Event()

    def endless(connection: object) -> None:
        try:
            while not gone.is_set():
                connection.write(jpeg()[:64])  # type: ignore[attr-defined]
                time.sleep(0.05)
        except OSError:
            gone.set()

    url = origin.put("/endless.jpg", endless)
    with running_server(tmp_path, ENGINE_WORKERS="1") as server:
        with socket.create_connection((server.host, server.port)) as sock:
            sock.sendall(f"GET /{USERNAME}/50/{url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert eventually(lambda: bool(origin.requests))

        assert gone.wait(20), "the fetch went on although nobody waited"
