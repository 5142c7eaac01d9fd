"""Jobs and batches as clients send them, and waiting for what becomes of them."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.web.api.calling import MULTIPART, form, with_key
from tests.web.pictures import png
from tests.web.server import API_KEY, Answer, RunningServer

JOBS = "/api/v1/jobs"
BATCH = "/api/v1/optimize/batch"
ENDED = {"succeeded", "failed", "cancelled"}
WAIT_SECONDS = 60.0

Files = Sequence[tuple[str, bytes]]


def send_job(
    server: RunningServer,
    picture: bytes | None = None,
    *,
    filename: str = "photo.jpg",
    headers: Mapping[str, str] | None = None,
    **fields: str,
) -> Answer:
    files = [] if picture is None else [("image", filename, picture)]
    named = {"Content-Type": MULTIPART, **with_key(), **(headers or {})}
    return server.ask("POST", JOBS, named, form(fields, files))


def send_batch(
    server: RunningServer,
    batch: str,
    files: Files,
    *,
    key: str | None = None,
    api_key: str = API_KEY,
    **fields: str,
) -> Answer:
    """One chunk under an idempotency key of its own, or under `key`."""
    named = {"Content-Type": MULTIPART, "Idempotency-Key": key or uuid4().hex}
    parts = [(f"file{index}", name, data) for index, (name, data) in enumerate(files)]
    body = form({"client_batch_id": batch, **fields}, parts)
    return server.ask("POST", BATCH, named | with_key(api_key), body)


def ask(server: RunningServer, target: str, **headers: str) -> Answer:
    return server.ask("GET", target, with_key(**headers))


def batch_at(batch: str, rest: str = "") -> str:
    return f"/api/v1/batches/{quote(batch, safe='')}{rest}"


def accepted(answer: Answer) -> dict[str, Any]:
    """The JSON of a 202; the answer itself explains another one."""
    assert answer.status == 202, answer.body.decode("utf-8", "replace")
    told: dict[str, Any] = json.loads(answer.body)
    return told


def shown(answer: Answer) -> dict[str, Any]:
    """The JSON of a 200."""
    assert answer.status == 200, answer.body.decode("utf-8", "replace")
    told: dict[str, Any] = json.loads(answer.body)
    return told


def ended_job(server: RunningServer, job_id: str) -> dict[str, Any]:
    """The job once it has ended."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends_at:
        told = shown(ask(server, f"{JOBS}/{job_id}"))
        if told["status"] in ENDED:
            return told
        time.sleep(0.05)
    raise AssertionError(f"the job did not end: {told}")


def finished_batch(server: RunningServer, batch: str) -> dict[str, Any]:
    """The batch once nothing of it is left to do."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends_at:
        told = shown(ask(server, batch_at(batch, "?limit=500")))
        if told["is_finished"]:
            return told
        time.sleep(0.05)
    raise AssertionError(f"the batch did not finish: {told}")


def put_held_file(server: RunningServer, batch_id: str) -> str:
    """One more file in a batch, which no worker takes before the year 2100; its job's id."""
    job_id = uuid4().hex
    with sqlite3.connect(server.data_dir / "imgproxy.db", timeout=30) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM jobs WHERE batch_id = ?", [batch_id]).fetchone())
        row |= {"id": job_id, "state": "queued", "result": None, "number": 10**6}
        row |= {"not_before": "2100-01-01 00:00:00.000000", "owner": None, "finished_at": None}
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO jobs VALUES ({marks})", list(row.values()))
        database.execute(
            "INSERT INTO batch_chunks (batch_id, number, request_sha256, first_number, files) "
            "VALUES (?, ?, ?, ?, 1)",
            [batch_id, row["number"], job_id, row["number"]],
        )
    return job_id


def cancelled(server: RunningServer, job_id: str) -> dict[str, Any]:
    return shown(server.ask("DELETE", f"{JOBS}/{job_id}", with_key()))


def pictures(count: int, *, width: int = 20) -> list[tuple[str, bytes]]:
    """Small ones with their names; no two are alike."""
    return [(f"picture-{n}.png", png(width + n, 20)) for n in range(count)]
