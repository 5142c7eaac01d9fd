"""kill -9 and SIGTERM of a worker in the middle of two hundred jobs: the next one goes on."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from tests.jobs.killing import (
    JOBS,
    SETTINGS,
    WAIT_SECONDS,
    Ledger,
    check_all_ended_once,
    pictures,
)
from tests.jobs.making import spool_of
from tests.waiting import eventually
from tests.warm import Warm

pytestmark = pytest.mark.slow


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
def running_worker(directory: Path) -> Iterator[Warm]:
    given = environment(directory / "data", **SETTINGS)
    with (
        (directory / "worker.log").open("ab") as log,
        Warm(["worker"], env=given, cwd=directory, output=log.fileno(), errors=log.fileno()) as run,
    ):
        try:
            yield run
        finally:
            run.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                run.wait(40)
