"""kill -9 in the middle of two hundred jobs: nothing is lost, and nothing is done twice."""

import asyncio
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs.broker import News, make_broker
from imgproxy_py.jobs.desk import JobDesk, NewJob
from imgproxy_py.jobs.job import JobOrder
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.uploads import Uploads
from imgproxy_py.store.blobs import BlobStore
from tests.cli.command import environment
from tests.jobs.killing import JOBS, Ledger, check_all_ended_once, pictures
from tests.jobs.making import spool_of
from tests.waiting import eventually
from tests.web.server import API_KEY, RunningServer, running_server

pytestmark = pytest.mark.slow

# A lease of the killed process has to run out first (leases.py), then the work goes on.
WAIT_SECONDS = 150
WORKER = "from imgproxy_py.cli.worker import worker; worker()"
SETTINGS = {"BOOTSTRAP_PLAN": "business", "ENGINE_WORKERS": "2", "REFINE": "off"}


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


def test_a_worker_that_is_killed_leaves_its_jobs_to_the_next_one(tmp_path: Path) -> None:
    ledger = Ledger(data_dir=tmp_path / "data")
    asyncio.run(submit_all(tmp_path))
    with running_worker(tmp_path) as first:
        assert eventually(lambda: len(ledger.finished()) >= JOBS // 4, 90)
        first.kill()
        first.wait(10)
    before = ledger.finished()
    assert len(before) < JOBS

    with running_worker(tmp_path):
        assert eventually(lambda: len(ledger.finished()) == JOBS, WAIT_SECONDS)
        assert eventually(lambda: not ledger.uploads())
    check_all_ended_once(ledger, before)


def test_a_worker_that_is_asked_to_stop_puts_back_what_it_has_not_begun(tmp_path: Path) -> None:
    ledger = Ledger(data_dir=tmp_path / "data")
    asyncio.run(submit_all(tmp_path))
    with running_worker(tmp_path) as worker:
        assert eventually(lambda: len(ledger.finished()) >= 5, 90)
    assert worker.returncode == 0

    rows = ledger.rows().values()
    finished = ledger.finished()
    assert len(finished) < JOBS
    assert {row.state for row in rows} == {"queued", "succeeded", "failed"}
    assert {row.attempt for row in rows if row.state == "queued"} == {0}
    assert ledger.reservations() == JOBS - len(finished)


async def submit_all(directory: Path) -> None:
    """As a server does that leaves the work to others."""
    data_dir = directory / "data"
    await migrate(f"sqlite:///{data_dir}/imgproxy.db")
    database = Database(f"sqlite:///{data_dir}/imgproxy.db")
    account = await AccountRepository(database).create("user", plan="business")
    identity = Identity(account=account, plan=PLANS["business"])
    desk = JobDesk(
        repository=JobRepository(database),
        meter=Meter(database, plans=PLANS),
        uploads=Uploads(BlobStore(f"file://{data_dir}/results"), spool_directory=directory),
        news=News(make_broker("memory://"), lambda: None),
        check_callback=lambda _url: None,
    )
    for number, data in enumerate(pictures()):
        with spool_of(directory, data) as spool:
            order = JobOrder(options="full")
            new = NewJob(order=order, filename=f"{number}.jpg", upload=spool)
            await desk.submit(identity, [new])
    await database.dispose()


@contextmanager
def running_worker(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    with (directory / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment(directory / "data", **SETTINGS),
            cwd=directory,
            stdout=log,
            stderr=log,
            text=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
