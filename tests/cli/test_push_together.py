"""Small results come back many at a time, and nothing is taken for what it is not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgproxy_py.cli.push.batch import Batch, Made
from imgproxy_py.cli.push.bring import MAX_TOGETHER, MAX_TOGETHER_BYTES, bring, is_enough
from imgproxy_py.cli.push.client import Client
from imgproxy_py.cli.push.ledger import Ended
from imgproxy_py.cli.push.places import InPlace
from imgproxy_py.cli.push.together import fetch_together
from tests.cli.test_push_chunks import item, piece
from tests.web.api.sending import accepted, finished_batch, pictures, send_batch
from tests.web.server import API_KEY, RunningServer, running_server

NAME = "together"
COUNT = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("together") / "data", REFINE="off") as running:
        accepted(send_batch(running, NAME, pictures(COUNT, width=60)))
        finished_batch(running, NAME)
        yield running


class CountedClient(Client):
    """Knows what was asked for."""

    paths: list[str]

    def opened(self, request: Any) -> Any:
        self.paths.append(request.path)
        return super().opened(request)


@pytest.fixture
async def batch(server: RunningServer) -> AsyncIterator[Batch]:
    client = CountedClient(server.url, API_KEY, connections=2)
    client.paths = []
    yield Batch(client=client, id=NAME)
    await client.close()


async def results(batch: Batch) -> dict[int, Made]:
    items, _ = await batch.page(after=-1)
    return {item.number: item.made for item in items if item.made is not None}


def alone(server: RunningServer, made: Made) -> bytes:
    return server.get(made.path).body


async def test_every_result_comes_with_its_number(server: RunningServer, batch: Batch) -> None:
    wanted = await results(batch)

    got = await fetch_together(batch, wanted)

    assert sorted(got) == list(range(COUNT))
    for number, data in got.items():
        assert data == await asyncio.to_thread(alone, server, wanted[number])


async def test_what_is_not_what_its_receipt_says_is_not_taken(batch: Batch) -> None:
    wanted = await results(batch)
    wanted[0], wanted[1] = wanted[1], wanted[0]
    wanted[2] = replace(wanted[2], receipt="")

    assert sorted(await fetch_together(batch, wanted)) == [3, 4]


async def test_an_answer_that_is_larger_than_promised_is_not_read(batch: Batch) -> None:
    wanted = await results(batch)
    small = {number: replace(made, result_bytes=-10_000) for number, made in wanted.items()}

    assert await fetch_together(batch, small) == {}


async def test_files_that_the_server_does_not_know_are_left_out(batch: Batch) -> None:
    wanted = await results(batch)
    known = wanted[0]

    assert list(await fetch_together(batch, {0: known, 99: known})) == [0]
    assert await fetch_together(replace(batch, id="unknown"), {0: known}) == {}


async def test_a_group_is_one_request_and_what_is_missing_in_it_is_asked_for_alone(
    batch: Batch, tmp_path: Path
) -> None:
    wanted = await results(batch)
    group = [
        # Without a hash of its own, only the result's own answer can tell what it is.
        Ended(
            piece=piece(f"{number}.png", sha256=str(number)),
            number=number,
            made=replace(made, receipt="") if number == 3 else made,
        )
        for number, made in wanted.items()
    ]
    assert isinstance(batch.client, CountedClient)
    batch.client.paths.clear()
    place = InPlace(staging=tmp_path, is_full_size=False)

    brought = {one.filename: made async for one, made in bring(batch, place, group)}

    assert batch.client.paths == [f"{batch.path}/zip?numbers=0,1,2,3,4", wanted[3].path]
    assert all(made is not None and made.error is None for made in brought.values())
    for number, made in wanted.items():
        assert len((tmp_path / str(number)).read_bytes()) == made.result_bytes


async def test_a_result_that_is_gone_has_no_outcome(batch: Batch, tmp_path: Path) -> None:
    wanted = await results(batch)
    gone = replace(wanted[0], path="/results/" + "A" * 24)
    place = InPlace(staging=tmp_path, is_full_size=False)

    brought = [made async for _, made in bring(batch, place, [Ended(piece=piece(), made=gone)])]

    assert brought == [None]


def ended(result_bytes: int) -> Ended:
    return Ended(piece=piece(), number=0, made=item(0, "a.jpg", optimized_size=result_bytes).made)


def test_a_round_is_so_many_results_or_so_many_bytes() -> None:
    assert not is_enough([ended(10)] * (MAX_TOGETHER - 1))
    assert is_enough([ended(10)] * MAX_TOGETHER)
    assert not is_enough([ended(MAX_TOGETHER_BYTES - 1)])
    assert is_enough([ended(MAX_TOGETHER_BYTES)])
