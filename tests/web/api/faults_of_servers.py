"""Troubles of the server itself. Each function mends what it broke, for the server goes on."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from imgproxy_py.sources.upload import FORM_IN_MEMORY_BYTES
from imgproxy_py.web.problems import problem_reply
from imgproxy_py.workers.errors import DeadlineReached
from tests.waiting import eventually
from tests.web.api.calling import MULTIPART, form, with_key
from tests.web.api.provoking import (
    JOBS,
    Refused,
    World,
    good,
    provokes,
    refused,
    slow_jpeg,
    some_jpeg,
)
from tests.web.pictures import animated_gif
from tests.web.processes import family
from tests.web.server import Answer, running_server

# No two pictures are the same: the second would be answered at once.
SEEDS = count(10)


@provokes("overloaded")
def more_pictures_than_may_wait(world: World) -> Refused:
    pictures = [slow_jpeg(next(SEEDS)) for _ in range(5)]
    with ThreadPoolExecutor(len(pictures)) as pool:
        answers = list(pool.map(world.upload, pictures))
    return next(refused(answer) for answer in answers if answer.status == 503)


@provokes("engine_crashed")
def a_child_that_is_killed_at_work(world: World) -> Refused:
    with working(world) as asking:
        for pid in children_of_the_template(world.server.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return refused(asking.result())


@provokes("result_not_ready")
def a_turn_that_does_not_come_in_time(world: World) -> Refused:
    with working(world):
        return refused(world.upload(some_jpeg(), options="timeout=1"))


@contextmanager
def working(world: World) -> Iterator["Future[Answer]"]:
    """A picture that the engine is at."""
    with ThreadPoolExecutor(1) as pool:
        before = busy_seconds(world.server.pid)
        picture = slow_jpeg(next(SEEDS))
        asking = pool.submit(world.upload, picture, format="avif", options="timeout=4")
        assert eventually(lambda: busy_seconds(world.server.pid) > before + 0.3)
        yield asking


def children_of_the_template(pid: int) -> list[int]:
    """Those without children of their own; the server and the template go on."""
    members = family(pid)
    return [member for member in members if len(family(member)) == 1]


def busy_seconds(pid: int) -> float:
    """CPU time of a server's children so far; one that has just ended has none any more."""
    return sum(_cpu_seconds(each) for each in children_of_the_template(pid))


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@provokes("spool_failed")
def a_disk_that_takes_no_file(world: World) -> Refused:
    too_large_for_memory = some_jpeg() + bytes(FORM_IN_MEMORY_BYTES)
    with replaced_by_a_file(world.server.data_dir / "spool"):
        return refused(world.upload(too_large_for_memory))


@provokes("store_error")
def a_store_that_takes_no_result(world: World) -> Refused:
    with replaced_by_a_file(world.server.data_dir / "results"):
        return refused(world.upload(some_jpeg()))


@contextmanager
def replaced_by_a_file(folder: Path) -> Iterator[None]:
    aside = folder.with_suffix(".aside")
    folder.rename(aside)
    folder.write_text("not a folder")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


@provokes("internal_error")
def a_table_that_is_gone(world: World) -> Refused:
    with world.database() as database:
        database.execute("ALTER TABLE usage_days RENAME TO usage_days_aside")
    try:
        return refused(world.ask("GET", "/api/v1/usage"))
    finally:
        with world.database() as database:
            database.execute("ALTER TABLE usage_days_aside RENAME TO usage_days")


@provokes("upload_lost")
def an_upload_that_is_gone_when_its_turn_comes(world: World) -> Refused:
    """The code stands at the job: its request was answered long before."""
    jobs = [submitted(world, slow_jpeg(next(SEEDS))) for _ in range(3)]
    shutil.rmtree(world.server.data_dir / "results" / "uploads")
    ended = [finished(world, job) for job in jobs]
    error = next(job["error"] for job in ended if job["status"] == "failed")
    return Refused(code=error["code"], words=error["message"])


def submitted(world: World, picture: bytes) -> str:
    body = form({}, [("image", "photo.jpg", picture)])
    job_id: str = good(world.ask("POST", JOBS, body, Content_Type=MULTIPART))["id"]
    return job_id


def finished(world: World, job_id: str) -> dict[str, Any]:
    target = f"{JOBS}/{job_id}"
    unfinished = ("queued", "running")
    assert eventually(lambda: good(world.ask("GET", target))["status"] not in unfinished, 60)
    job: dict[str, Any] = good(world.ask("GET", target))
    return job


@provokes("format_unavailable")
def a_server_without_the_extra_for_videos(world: World) -> Refused:
    folder = world.server.data_dir.parent / f"plain-{time.monotonic_ns()}"
    folder.mkdir()
    (folder / "av.py").write_text("raise ImportError('not installed here')")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        with running_server(folder / "data", ENGINE_WORKERS="1", REFINE="off") as server:
            body = form({"format": "webm"}, [("image", "a.gif", animated_gif())])
            headers = with_key(Content_Type=MULTIPART)
            return refused(server.ask("POST", "/api/optimize", headers, body))


@provokes("server_stopping")
def a_server_that_is_told_to_stop(world: World) -> Refused:
    """One of its own, with the account that it began with."""
    folder = world.server.data_dir.parent / f"stopping-{time.monotonic_ns()}"
    url = world.origin.put("/stops.jpg", lambda _: time.sleep(5), announced_bytes=10)
    settings = {"ENGINE_WORKERS": "1", "REFINE": "off", "DRAIN_SECONDS": "0.2"}
    with running_server(folder / "data", **settings) as server, ThreadPoolExecutor(1) as pool:
        body = b'{"url": "%s"}' % url.encode()
        headers = with_key(Content_Type="application/json")
        asking = pool.submit(server.ask, "POST", "/api/optimize", headers, body)
        assert eventually(lambda: "/stops.jpg" in world.origin.targets)
        os.kill(server.pid, signal.SIGTERM)
        return refused(asking.result())


@provokes("deadline_reached")
def a_verification_that_takes_too_long(_: World) -> Refused:
    """It may take half a minute, so none is waited for: this is what would be said."""
    reply = problem_reply(DeadlineReached(best=None), accept="", asked="/api/v1/verify")
    told = json.loads(bytes(reply.body))
    assert (reply.status, told["status"]) == (504, 504)
    return Refused(code=told["code"], words=told["detail"])
