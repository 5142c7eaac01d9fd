"""kill -9 of a server in the middle of two hundred jobs: nothing is lost or done twice."""

import http.client
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from tests.jobs.killing import (
    JOBS,
    SETTINGS,
    WAIT_SECONDS,
    Ledger,
    check_all_ended_once,
    pictures,
)
from tests.waiting import eventually
from tests.web.server import API_KEY, RunningServer, running_server

pytestmark = pytest.mark.slow


def hand_in(server: RunningServer, data: bytes, number: int) -> None:
    headers = {"X-API-Key": API_KEY, "Content-Type": "multipart/form-data; boundary=b"}
    disposition = f'Content-Disposition: form-data; name="image"; filename="{number}.jpg"'
    body = f"--b\r\n{disposition}\r\n\r\n".encode() + data + b"\r\n--b--\r\n"
    answer = server.ask("POST", "/api/v1/jobs", headers, body)
    assert answer.status == 202, answer.body


def test_a_server_that_is_killed_does_every_job_exactly_once_after_its_restart(
    tmp_path: Path,
) -> None:
    ledger = Ledger(data_dir=tmp_path / "data")
    with running_server(tmp_path / "data", **SETTINGS) as server:
        for number, data in enumerate(pictures()):
            hand_in(server, data, number)
        assert eventually(lambda: len(ledger.finished()) >= JOBS // 4, 60)
        os.kill(server.pid, signal.SIGKILL)
    before = ledger.finished()
    assert len(before) < JOBS

    with running_server(tmp_path / "data", **SETTINGS) as server:
        assert eventually(lambda: len(ledger.finished()) == JOBS, WAIT_SECONDS)
        assert eventually(lambda: not ledger.uploads())
        check_all_ended_once(ledger, before)
        check_results_are_answered(server, ledger)


def check_results_are_answered(server: RunningServer, ledger: Ledger) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    with closing(connection):
        for row in ledger.rows().values():
            if row.result is not None:
                connection.request("GET", row.result["path"])
                answer = connection.getresponse()
                assert (answer.status, len(answer.read())) == (200, row.result["result_bytes"])
