"""Progress of a batch as Server-Sent Events, read from a real socket as it comes."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from imgproxy_py.web.api.open_streams import MAX_STREAMS_PER_ACCOUNT
from tests.waiting import eventually
from tests.web.api.calling import problem, with_key
from tests.web.api.sending import (
    accepted,
    ask,
    batch_at,
    cancelled,
    finished_batch,
    put_held_file,
    send_batch,
)
from tests.web.pictures import jpeg, png
from tests.web.server import RunningServer, running_server


@contextmanager
def listening(
    server: RunningServer, batch: str, **headers: str
) -> Iterator[http.client.HTTPResponse]:
    """An open stream; the connection is closed at the end of the block, whatever has come."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    try:
        connection.request("GET", batch_at(batch, "/events"), headers=with_key(**headers))
        yield connection.getresponse()
    finally:
        connection.close()


def events(text: str) -> list[dict[str, str]]:
    """Blocks of fields (HTML, section 9.2.6); comments stand under an empty name."""
    blocks = [block for block in text.split("\n\n") if block]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


def test_progress_is_told_until_the_batch_is_done(server: RunningServer, batch: str) -> None:
    accepted(send_batch(server, batch, [(f"{n}.jpg", jpeg(400 + n, 300)) for n in range(6)]))

    with listening(server, batch) as stream:
        assert stream.status == 200
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert stream.headers["Cache-Control"] == "no-store"
        told = events(stream.read().decode())

    assert told[0] == {"retry": "3000"}
    assert {event["event"] for event in told[1:-1]} == {"progress"}
    done = [json.loads(event["data"])["succeeded"] for event in told[1:]]
    assert done == sorted(done)
    assert told[-1]["event"] == "done"
    counts = json.loads(told[-1]["data"])
    assert counts == {
        name: value for name, value in finished_batch(server, batch).items() if name in counts
    }
    assert (counts["succeeded"], counts["is_finished"]) == (6, True)


def test_every_event_has_an_id_of_its_own(server: RunningServer, batch: str) -> None:
    accepted(send_batch(server, batch, [("a.png", png(22, 20))]))
    finished_batch(server, batch)

    with listening(server, batch) as stream:
        told = events(stream.read().decode())[1:]

    assert [event["event"] for event in told] == ["progress", "done"]
    assert told[0]["id"] != told[1]["id"]


def test_who_comes_back_hears_what_is_new_and_after_the_end_nothing(
    server: RunningServer, batch: str
) -> None:
    accepted(send_batch(server, batch, [("a.png", png(23, 20))]))
    finished_batch(server, batch)
    with listening(server, batch) as stream:
        last = events(stream.read().decode())[-1]["id"]

    over = ask(server, batch_at(batch, "/events"), Last_Event_ID=last)
    accepted(send_batch(server, batch, [("b.png", png(24, 20))]))
    finished_batch(server, batch)
    with listening(server, batch, Last_Event_ID=last) as stream:
        more = events(stream.read().decode())

    assert (over.status, over.body) == (204, b"")
    assert json.loads(more[-1]["data"])["succeeded"] == 2


def test_news_comes_while_the_stream_is_open(server: RunningServer, batch: str) -> None:
    batch_id = accepted(send_batch(server, batch, [("a.png", png(25, 20))]))["batch_id"]
    held = put_held_file(server, batch_id)

    with listening(server, batch) as stream:
        while (before := _next_counts(stream))["succeeded"] != 1:
            pass
        cancelled(server, held)
        after = _next_counts(stream)

    assert (before["queued"], before["is_finished"]) == (1, False)
    assert (after["queued"], after["cancelled"], after["is_finished"]) == (0, 1, True)


def test_an_account_may_listen_so_often_and_again_when_a_client_has_left(
    server: RunningServer, batch: str
) -> None:
    batch_id = accepted(send_batch(server, batch, [("a.png", png(26, 20))]))["batch_id"]
    held = put_held_file(server, batch_id)
    with ExitStack() as clients:
        for _ in range(MAX_STREAMS_PER_ACCOUNT):
            assert clients.enter_context(listening(server, batch)).status == 200
        refused = ask(server, batch_at(batch, "/events"))

    assert problem(refused) == (
        429,
        "streams_exceeded",
        (
            "this account has 16 event streams and ZIP downloads open, the most at a time; close "
            "one first"
        ),
    )
    assert refused.headers["Retry-After"] == "5"
    assert eventually(lambda: _status_of_a_stream(server, batch) == 200)
    cancelled(server, held)


def test_a_stream_ends_when_the_server_stops(tmp_path: Path, batch: str) -> None:
    with running_server(tmp_path / "data", REFINE="off") as stopping:
        batch_id = accepted(send_batch(stopping, batch, [("a.png", png(27, 20))]))["batch_id"]
        put_held_file(stopping, batch_id)
        with listening(stopping, batch) as stream:
            _next_counts(stream)
            began_at = time.monotonic()
            os.kill(stopping.pid, signal.SIGTERM)
            rest = stream.read().decode()
            seconds = time.monotonic() - began_at

    assert "event: done" not in rest
    assert seconds < 15


def _next_counts(stream: http.client.HTTPResponse) -> dict[str, Any]:
    """The counts of the next event."""
    while not (line := stream.readline().decode()).startswith("data: "):
        assert line, "the stream has ended"
    counts: dict[str, Any] = json.loads(line.removeprefix("data: "))
    return counts


def _status_of_a_stream(server: RunningServer, batch: str) -> int:
    with listening(server, batch) as stream:
        return stream.status
