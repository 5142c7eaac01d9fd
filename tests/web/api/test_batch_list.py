"""Batches over a real socket: listed, cancelled as a whole, announced as a whole."""

import json
from collections.abc import Iterator

import pytest

from imgproxy_py.web.api.open_streams import open_chunks
from tests.jobs.receiver import Receiver, running_receiver
from tests.waiting import eventually
from tests.web.api.accounts import Holder, new_account
from tests.web.api.calling import problem, with_key
from tests.web.api.sending import (
    accepted,
    ask,
    batch_at,
    finished_batch,
    pictures,
    put_held_file,
    send_batch,
    shown,
)
from tests.web.server import Answer, RunningServer


@pytest.fixture
def holder(api_server: RunningServer) -> Holder:
    return new_account(api_server)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def cancel(server: RunningServer, batch: str) -> Answer:
    return server.ask("DELETE", batch_at(batch), with_key())


def test_batches_are_listed_page_by_page_the_newest_first(
    api_server: RunningServer, holder: Holder
) -> None:
    names = ["one", "two / 2", "three"]
    for number, name in enumerate(names):
        accepted(send_batch(api_server, name, pictures(number + 1), api_key=holder.key))

    first = shown(api_server.ask("GET", "/api/v1/batches?limit=2", with_key(holder.key)))
    target = f"/api/v1/batches?cursor={first['next_cursor']}"
    second = shown(api_server.ask("GET", target, with_key(holder.key)))

    listed = first["batches"] + second["batches"]
    assert [each["client_batch_id"] for each in listed] == names[::-1]
    assert [each["total_files"] for each in listed] == [3, 2, 1]
    assert second["next_cursor"] is None
    assert list(listed[0]) == [
        "batch_id",
        "client_batch_id",
        "chunks",
        "created_at",
        "total_files",
    ]


def test_a_batch_is_cancelled_as_a_whole_and_what_has_ended_stays(
    server: RunningServer, batch: str
) -> None:
    told = accepted(send_batch(server, batch, pictures(2)))
    finished_batch(server, batch)
    held = put_held_file(server, told["batch_id"])

    first, again = shown(cancel(server, batch)), shown(cancel(server, batch))

    assert (first["succeeded"], first["cancelled"], first["is_finished"]) == (2, 1, True)
    assert again == first
    assert shown(ask(server, f"/api/v1/jobs/{held}"))["status"] == "cancelled"


def test_a_batch_that_is_not_there_cannot_be_cancelled(server: RunningServer, batch: str) -> None:
    assert problem(cancel(server, batch))[:2] == (404, "batch_not_found")


def test_rejected_files_are_told_with_their_chunk_and_place(
    server: RunningServer, batch: str
) -> None:
    good = pictures(1)
    accepted(send_batch(server, batch, good))
    chunk = accepted(send_batch(server, batch, [*good, ("bad.png", b"no picture")]))

    told = shown(ask(server, batch_at(batch)))["rejected_files"]

    assert told == chunk["rejected_files"]
    assert [(each["chunk"], each["index"]) for each in told] == [(2, 1)]


def test_the_end_of_a_batch_is_posted_to_its_callback_url(
    server: RunningServer, receiver: Receiver, batch: str
) -> None:
    fields = {"callback_url": receiver.url}
    told = accepted(send_batch(server, batch, pictures(2), **fields))
    assert told["warnings"] == []

    assert eventually(lambda: len(receiver.received) == 1, 60)

    sent = json.loads(receiver.received[0].body)
    whole = shown(ask(server, batch_at(batch)))
    assert sent == {name: whole[name] for name in sent}
    assert (sent["client_batch_id"], sent["succeeded"]) == (batch, 2)
    assert receiver.received[0].headers["webhook-id"] == f"msg_{told['batch_id']}_1"


def test_a_callback_url_that_can_never_be_called_is_refused_with_the_chunk(
    server: RunningServer, batch: str
) -> None:
    refused = send_batch(server, batch, pictures(1), callback_url="ftp://a.example/")

    assert problem(refused) == (
        400,
        "callback_url_invalid",
        "callback_url cannot be used: give a URL that begins with https:// or http://",
    )
    assert ask(server, batch_at(batch)).status == 404


def test_so_many_chunks_at_a_time_and_a_place_is_free_when_one_is_answered() -> None:
    receiving = open_chunks(2)

    with receiving.claim("a"):
        with receiving.claim("a"), pytest.raises(Exception, match="2 chunks") as refused:
            receiving.claim("a")
        receiving.claim("a")
        receiving.claim("b")

    assert str(refused.value) == (
        "this account is sending 2 chunks of batches, the most at a time; send the next when one "
        "of them has been answered"
    )
