"""What the API promises of batches and jobs, one statement a function."""

import io
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.waiting import eventually
from tests.web.api.provoking import BATCHES, JOBS, World, good, refused, some_jpeg
from tests.web.api.statements import CLIENTS, RESULT_TTL_SECONDS, states
from tests.web.pictures import jpeg, png


@states("of a chunk 50 files are accepted, and of 51 none")
def fifty_files(world: World, _: Path) -> None:
    refusal = refused(world.batch(*[some_jpeg()] * 51))
    assert (refusal.code, world.ask("GET", BATCHES).status) == ("upload_too_many", 404)

    assert len(good(world.batch(*[some_jpeg()] * 50, key="two"))["accepted"]) == 50


@states("two chunks are one batch")
def two_chunks(world: World, _: Path) -> None:
    first = good(world.batch(jpeg(40, 30), jpeg(50, 30), key="one"))
    second = good(world.batch(jpeg(60, 30), key="two"))

    assert first["batch_id"] == second["batch_id"]
    assert (first["chunk"], second["chunk"]) == (1, 2)
    assert good(world.ask("GET", BATCHES))["total_files"] == second["total_files"] == 3


@states("a batch of more than 50,000 files is refused")
def too_many_files(world: World, _: Path) -> None:
    batch_id = good(world.batch(some_jpeg()))["batch_id"]
    with world.database() as database:
        change = "UPDATE batches SET total_files = 49999 WHERE id = ?"
        database.execute(change, (batch_id,))

    assert good(world.batch(some_jpeg(), key="the-last"))["total_files"] == 50_000
    refusal = refused(world.batch(some_jpeg(), key="one-more"))
    assert refusal.code == "batch_too_large"
    assert refusal.words == (
        "a batch may have at most 50000 files, and this one has 50000 already; begin another "
        "with a new client_batch_id"
    )


@states("a replay gives the same answer and no second run; a changed payload is a conflict")
def replay(world: World, _: Path) -> None:
    first, again = (world.batch(jpeg(70, 50), key="same") for _ in range(2))

    assert good(again) == good(first)
    assert (first.status, again.status) == (202, 202)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert good(world.ask("GET", BATCHES))["total_files"] == 1
    with ThreadPoolExecutor(CLIENTS) as pool:
        picture = jpeg(75, 50)
        at_once = pool.map(lambda _: world.batch(picture, key="at-once"), range(CLIENTS))
        statuses = Counter(answer.status for answer in at_once)
    # Of one account's chunks only so many arrive at a time; the others are to come again.
    assert statuses[202] + statuses[409] + statuses[429] == CLIENTS
    assert statuses[202] >= 1
    assert good(world.ask("GET", BATCHES))["total_files"] == 2
    changed = refused(world.batch(jpeg(80, 50), key="same"))
    assert (changed.code, changed.answer and changed.answer.status) == (
        "idempotency_key_reused",
        409,
    )


@states("a bad file among good ones is named, and the others go on")
def bad_file(world: World, _: Path) -> None:
    told = good(world.batch(jpeg(40, 30), b"Dear Sir or Madam, " * 9, jpeg(50, 30)))

    assert [each["code"] for each in told["rejected_files"]] == ["not_an_image"]
    finish(world)
    batch = good(world.ask("GET", BATCHES))
    assert (batch["succeeded"], batch["rejected"], batch["total_files"]) == (2, 1, 3)


@states("a ZIP holds the results, and is refused once they have expired")
def zipped(world: World, _: Path) -> None:
    good(world.batch(jpeg(40, 30), png(48, 48)))
    finish(world)
    answer = world.ask("GET", f"{BATCHES}/zip")
    assert answer.status == 200, answer.body
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2

    time.sleep(RESULT_TTL_SECONDS + 0.2)

    refusal = refused(world.ask("GET", f"{BATCHES}/zip"))
    assert (refusal.code, refusal.answer and refusal.answer.status) == ("results_expired", 409)


@states("a job is polled without being held")
def polled(world: World, _: Path) -> None:
    url = world.origin.put("/late.jpg", lambda _: time.sleep(20), announced_bytes=10)
    target = f"{JOBS}/{good(world.job(url=url))['id']}"

    began_at = time.monotonic()
    answers = [world.ask("GET", target) for _ in range(10)]

    assert time.monotonic() - began_at < 10
    assert {good(answer)["status"] for answer in answers} <= {"queued", "running"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)


def finish(world: World) -> dict[str, Any]:
    assert eventually(lambda: good(world.ask("GET", BATCHES))["is_finished"], 30)
    told: dict[str, Any] = good(world.ask("GET", BATCHES))
    return told
