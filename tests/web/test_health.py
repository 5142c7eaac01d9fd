"""Liveness, readiness, and an end that finishes what was begun."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.web.origin import Origin, halting
from tests.web.pictures import jpeg, opened, png
from tests.web.processes import family
from tests.web.server import USERNAME, Answer, RunningServer, running_server


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
def test_a_server_that_is_up_says_so(server: RunningServer, path: str) -> None:
    answer = server.get(path)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.body)["status"] in ("ok", "ready")


def test_every_request_is_answered_while_children_die_and_come_back(tmp_path: Path) -> None:
    with running_server(tmp_path, ENGINE_WORKERS="1") as server:
        children = family(server.pid)[1:]
        for pid in children:
            with suppress(ProcessLookupError):  # it died with its parent
                os.kill(pid, signal.SIGKILL)
        alive = server.get("/livez").status
        is_made = eventually(lambda: server.ask("POST", f"/{USERNAME}/50", {}, png()).status == 200)
        is_ready = eventually(lambda: server.get("/readyz").status == 200)

    assert children
    assert (alive, is_made, is_ready) == (200, True, True)


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
    with stopping_server(tmp_path, origin) as stopping:
        stopping.source_goes_on.set()
        assert eventually(lambda: bool(stopping.answers))
        ended = eventually(lambda: not is_listening(stopping.server))

    (answer,) = stopping.answers
    assert (answer.status, opened(answer.body).width) == (200, 100)
    assert ended


def test_a_stopping_server_refuses_new_connections_while_it_finishes(
    origin: Origin, tmp_path: Path
) -> None:
    with stopping_server(tmp_path, origin) as stopping:
        refused = eventually(lambda: not accepts(stopping.server))
        still_running = not stopping.answers

    assert (refused, still_running) == (True, True)
    assert stopping.answers[0].status == 200


def test_what_the_drain_leaves_no_time_for_is_told_to_come_back(
    origin: Origin, tmp_path: Path
) -> None:
    with stopping_server(tmp_path, origin, DRAIN_SECONDS="0.3") as stopping:
        assert eventually(lambda: bool(stopping.answers))

    (answer,) = stopping.answers
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.body == b"the server is stopping; try again in 5 s\n"
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_a_stopping_server_sends_nobody_to_a_ticket_that_dies_with_it(
    origin: Origin, tmp_path: Path
) -> None:
    with stopping_server(tmp_path, origin, HOLD_SECONDS="1.2") as stopping:
        time.sleep(2)  # a hop of a server that stays ends long before

    (answer,) = stopping.answers
    assert (answer.status, opened(answer.body).width) == (200, 100)


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """A server that was told to stop while it had one request to answer."""

    server: RunningServer
    answers: list[Answer]
    source_goes_on: threading.Event


@contextmanager
def stopping_server(directory: Path, origin: Origin, **settings: str) -> Iterator[Stopping]:
    """The source of its one request comes to a halt until the block ends, or says that it goes on.

    The answer has come when the block is left.
    """
    goes_on = threading.Event()
    url = origin.put("/slow.jpg", halting(jpeg(), goes_on), announced_bytes=len(jpeg()))
    with (
        running_server(directory, ENGINE_WORKERS="1", **settings) as server,
        asking_alone(server, f"/{USERNAME}/100/{url}") as answers,
    ):
        try:
            assert eventually(lambda: bool(origin.requests))
            os.kill(server.pid, signal.SIGTERM)
            yield Stopping(server=server, answers=answers, source_goes_on=goes_on)
        finally:
            goes_on.set()


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
