"""Liveness, readiness, and an end that finishes what was begun."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, Answer, RunningServer, running_server
from tests.web.test_redirects import trickled


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
def test_a_server_that_is_up_says_so(server: RunningServer, path: str) -> None:
    answer = server.get(path)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.body)["status"] in ("ok", "ready")


def test_every_request_is_answered_while_children_die_and_come_back(tmp_path: Path) -> None:
    with running_server(tmp_path, ENGINE_WORKERS="1") as server:
        for pid in children_of(server.pid):
            os.kill(pid, signal.SIGKILL)
        alive = server.get("/livez").status
        answers = [server.ask("POST", f"/{USERNAME}/50", {}, png()).status for _ in range(4)]
        is_ready = eventually(lambda: server.get("/readyz").status == 200)

    assert alive == 200
    assert answers[-1] == 200
    assert is_ready


def test_a_server_with_a_full_queue_lives_but_is_not_ready(origin: Origin, tmp_path: Path) -> None:
    settings = {"ENGINE_WORKERS": "1", "QUEUE_LENGTH": "1"}
    picture = jpeg(1200, 900)
    with running_server(tmp_path, **settings) as server:
        target = f"/{USERNAME}/full,format=avif,quality=high"
        waiting = [
            threading.Thread(target=server.ask, args=("POST", target, {}, picture + bytes([n])))
            for n in range(3)
        ]
        for thread in waiting:
            thread.start()
        refused = eventually(lambda: server.get("/readyz").status == 503)
        alive = server.get("/livez").status
        for thread in waiting:
            thread.join()
        recovered = eventually(lambda: server.get("/readyz").status == 200)

    assert (refused, alive, recovered) == (True, 200, True)


def test_a_running_request_is_finished_when_the_server_is_told_to_stop(
    origin: Origin, tmp_path: Path
) -> None:
    body = jpeg()
    url = origin.put("/slow.jpg", trickled(body, seconds=1.5), announced_bytes=len(body))
    answers: list[Answer] = []
    with running_server(tmp_path, ENGINE_WORKERS="1") as server:
        asking = threading.Thread(
            target=lambda: answers.append(server.get(f"/{USERNAME}/100/{url}"))
        )
        asking.start()
        assert eventually(lambda: bool(origin.requests))
        os.kill(server.pid, signal.SIGTERM)
        asking.join()
        ended = eventually(lambda: not is_listening(server))

    assert (answers[0].status, opened(answers[0].body).width) == (200, 100)
    assert ended


def test_a_stopping_server_refuses_new_connections_while_it_finishes(
    origin: Origin, tmp_path: Path
) -> None:
    body = jpeg()
    url = origin.put("/slow.jpg", trickled(body, seconds=2.0), announced_bytes=len(body))
    with (
        running_server(tmp_path, ENGINE_WORKERS="1") as server,
        asking_alone(server, f"/{USERNAME}/100/{url}") as answers,
    ):
        assert eventually(lambda: bool(origin.requests))
        os.kill(server.pid, signal.SIGTERM)
        refused = eventually(lambda: not accepts(server), seconds=1.0)
        still_running = not answers

    assert (refused, still_running) == (True, True)
    assert answers[0].status == 200


def test_what_the_drain_leaves_no_time_for_is_told_to_come_back(
    origin: Origin, tmp_path: Path
) -> None:
    body = jpeg()
    url = origin.put("/slow.jpg", trickled(body, seconds=3.0), announced_bytes=len(body))
    with (
        running_server(tmp_path, ENGINE_WORKERS="1", DRAIN_SECONDS="0.3") as server,
        asking_alone(server, f"/{USERNAME}/100/{url}") as answers,
    ):
        assert eventually(lambda: bool(origin.requests))
        os.kill(server.pid, signal.SIGTERM)

    assert (answers[0].status, answers[0].headers["Retry-After"]) == (503, "5")
    assert answers[0].body == b"the server is stopping; try again in 5 s\n"
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_a_stopping_server_sends_nobody_to_a_ticket_that_dies_with_it(
    origin: Origin, tmp_path: Path
) -> None:
    body = jpeg()
    url = origin.put("/slow.jpg", trickled(body, seconds=1.5), announced_bytes=len(body))
    with (
        running_server(tmp_path, ENGINE_WORKERS="1", HOLD_SECONDS="0.6") as server,
        asking_alone(server, f"/{USERNAME}/100/{url}") as answers,
    ):
        assert eventually(lambda: bool(origin.requests))
        os.kill(server.pid, signal.SIGTERM)

    assert (answers[0].status, opened(answers[0].body).width) == (200, 100)


@contextmanager
def asking_alone(server: RunningServer, target: str) -> Iterator[list[Answer]]:
    """The answer to a GET that runs beside the block, which ends when it has come."""
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(server.get(target)))
    asking.start()
    try:
        yield answers
    finally:
        asking.join()


def accepts(server: RunningServer) -> bool:
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def is_listening(server: RunningServer) -> bool:
    try:
        return server.get("/livez").status == 200
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
             for child in (task / "children").read_text().split()]  # fmt: skip
    return found or [int(child) for child in listed]


def eventually(is_so: Callable[[], bool], seconds: float = 10.0) -> bool:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if is_so():
            return True
        time.sleep(0.02)
    return False
