"""Requests that are well formed and cannot be done as things stand."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

from tests.waiting import eventually
from tests.web.api.calling import MULTIPART, form
from tests.web.api.provoking import (
    BATCH,
    BATCHES,
    JOBS,
    JSON,
    KEYS,
    Refused,
    World,
    good,
    json_of,
    provokes,
    refused,
    slow_jpeg,
    some_jpeg,
)
from tests.web.pictures import jpeg


@provokes("IM2ACCOUNT")
def an_account_that_is_switched_off(world: World) -> Refused:
    with world.database() as database:
        change = "UPDATE accounts SET is_disabled = 1 WHERE id = ?"
        database.execute(change, (world.holder.id,))
    return refused(world.ask("GET", JOBS))


@provokes("plan_missing")
def a_plan_that_is_gone(world: World) -> Refused:
    with world.database() as database:
        change = "UPDATE accounts SET plan = 'gone' WHERE id = ?"
        database.execute(change, (world.holder.id,))
    return refused(world.ask("GET", JOBS))


@provokes("purge_not_allowed")
def a_purge_by_anybody(world: World) -> Refused:
    return refused(world.ask("DELETE", "/api/v1/cache?tag=a"))


@provokes("quota_exceeded")
def a_third_picture_of_two(world: World) -> Refused:
    world = world.as_somebody_on("two-images")
    for width in (40, 50):
        good(world.upload(jpeg(width, 40)))
    return refused(world.upload(jpeg(60, 40)))


@provokes("rate_limited")
def a_sixth_request_of_five(world: World) -> Refused:
    world = world.as_somebody_on("ten-requests")
    for _ in range(5):
        assert world.upload(b"no picture").status == 415
    return refused(world.upload(b"no picture"))


@provokes("key_limit_reached")
def a_second_key_of_one(world: World) -> Refused:
    world = world.as_somebody_on("free")
    return refused(world.ask("POST", KEYS))


@provokes("key_unknown")
def a_key_that_is_not_there(world: World) -> Refused:
    return refused(world.ask("DELETE", f"{KEYS}/nothing"))


@provokes("key_in_use")
def the_key_that_asks(world: World) -> Refused:
    return refused(world.ask("DELETE", f"{KEYS}/{world.holder.key_id}"))


@provokes("job_not_found")
def a_job_that_is_not_there(world: World) -> Refused:
    return refused(world.ask("GET", f"{JOBS}/nothing"))


@provokes("job_finished")
def a_job_that_has_ended(world: World) -> Refused:
    job = good(world.job(url=world.origin.put("/job.jpg", some_jpeg())))
    target = f"{JOBS}/{job['id']}"
    assert eventually(lambda: good(world.ask("GET", target))["status"] == "succeeded")
    return refused(world.ask("DELETE", target))


@provokes("batch_not_found")
def a_batch_that_is_not_there(world: World) -> Refused:
    return refused(world.ask("GET", BATCHES))


@provokes("batch_not_finished")
def the_zip_of_a_batch_that_is_running(world: World) -> Refused:
    good(world.batch(slow_jpeg(1)))
    return refused(world.ask("GET", f"{BATCHES}/zip"))


@provokes("batch_too_large")
def a_batch_that_is_full(world: World) -> Refused:
    batch_id = good(world.batch(some_jpeg()))["batch_id"]
    with world.database() as database:
        change = "UPDATE batches SET total_files = 50000 WHERE id = ?"
        database.execute(change, (batch_id,))
    return refused(world.batch(some_jpeg(), key="two"))


@provokes("results_expired")
def the_zip_of_results_whose_time_is_over(world: World) -> Refused:
    finished_batch(world)
    time.sleep(1.1)
    return refused(world.ask("GET", f"{BATCHES}/zip"))


@provokes("range_not_satisfiable")
def a_part_beyond_the_end_of_a_zip(world: World) -> Refused:
    finished_batch(world, storage_commit=True)
    return refused(world.ask("GET", f"{BATCHES}/zip", Range="bytes=99999999-"))


@provokes("precondition_failed")
def a_zip_that_is_another_by_now(world: World) -> Refused:
    finished_batch(world, storage_commit=True)
    return refused(world.ask("GET", f"{BATCHES}/zip", If_Match='"older"'))


def finished_batch(world: World, *, storage_commit: bool = False) -> None:
    fields = {"client_batch_id": "one", "storage_commit": str(storage_commit)}
    body = form(fields, [("file", "a.jpg", some_jpeg())])
    good(world.ask("POST", BATCH, body, Content_Type=MULTIPART, Idempotency_Key="one"))
    assert eventually(lambda: good(world.ask("GET", BATCHES))["is_finished"])


@provokes("streams_exceeded")
def seventeen_event_streams(world: World) -> Refused:
    good(world.batch(slow_jpeg(2), slow_jpeg(3)))
    with ExitStack() as streams:
        for _ in range(16):
            connection = HTTPConnection(world.server.host, world.server.port, timeout=20)
            streams.callback(connection.close)
            connection.request("GET", f"{BATCHES}/events", headers={"X-API-Key": world.holder.key})
            assert connection.getresponse().status == 200
        return refused(world.ask("GET", f"{BATCHES}/events"))


@provokes("chunks_exceeded")
def nine_chunks_at_once(world: World) -> Refused:
    is_over = threading.Event()
    with ExitStack() as stack:
        sending = [stack.enter_context(half_a_chunk(world)) for _ in range(8)]

        def go_on() -> None:
            while not is_over.wait(0.2):
                for connection in sending:
                    connection.send(b" ")

        stack.enter_context(ThreadPoolExecutor(1)).submit(go_on)
        stack.callback(is_over.set)
        assert eventually(lambda: world.batch(some_jpeg(), key=uuid4().hex).status == 429)
        return refused(world.batch(some_jpeg()))


@contextmanager
def half_a_chunk(world: World) -> Iterator[HTTPConnection]:
    """A chunk whose end the server waits for, as long as more of it comes."""
    connection = HTTPConnection(world.server.host, world.server.port, timeout=20)
    with closing(connection):
        connection.putrequest("POST", BATCH)
        headers = {"X-API-Key": world.holder.key, "Content-Type": MULTIPART}
        headers |= {"Idempotency-Key": uuid4().hex, "Content-Length": "100000"}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(form({"client_batch_id": "half"})[:-20])
        yield connection


@provokes("result_not_found")
def a_kept_result_that_is_not_there(world: World) -> Refused:
    return refused(world.ask("DELETE", "/api/v1/library/nothing"))


@provokes("idempotency_key_reused")
def another_chunk_under_the_same_key(world: World) -> Refused:
    good(world.batch(some_jpeg()))
    return refused(world.batch(jpeg(80, 60)))


@provokes("idempotency_in_progress")
def a_request_that_is_still_running(world: World) -> Refused:
    asked, goes_on = threading.Event(), threading.Event()

    def wait(_: Any) -> None:
        asked.set()
        goes_on.wait(20)

    url = world.origin.put("/waits.jpg", wait, announced_bytes=10)

    def ask() -> Any:
        body = json_of({"url": url})
        return world.ask("POST", "/api/optimize", body, Content_Type=JSON, Idempotency_Key="one")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask)
        assert asked.wait(20)
        try:
            return refused(ask())
        finally:
            goes_on.set()
            first.result()
