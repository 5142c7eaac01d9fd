"""When it is noticed that a client has left."""

import asyncio
from typing import Any

import pytest

from imgproxy_py.web.holding import StillWorking
from imgproxy_py.web.incoming import Incoming


class Client:
    """Says that it leaves when told to; counts who listens."""

    def __init__(self) -> None:
        self.leaves = asyncio.Event()
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        await self.leaves.wait()
        return {"type": "http.disconnect"}


async def test_a_client_that_leaves_is_noticed_while_the_block_runs() -> None:
    client = Client()

    with Incoming(client.receive).watched() as left:
        client.leaves.set()
        await asyncio.wait_for(left, 10)

    assert client.asked == 1


async def test_quick_work_asks_nobody_whether_the_client_is_there() -> None:
    client = Client()

    with Incoming(client.receive).watched():
        await asyncio.sleep(0)

    assert client.asked == 0


async def test_nobody_listens_any_more_after_the_block() -> None:
    client = Client()
    incoming = Incoming(client.receive)
    with incoming.watched() as left:
        while not client.asked:
            await asyncio.sleep(0.005)

    client.leaves.set()
    await asyncio.sleep(0.01)

    assert left.cancelled()
    assert [task.get_name() for task in asyncio.all_tasks()] == [_own_name()]


async def test_what_ends_the_block_comes_out_as_it_is() -> None:
    with (
        pytest.raises(StillWorking, check=lambda error: error.ticket == "w-1"),
        Incoming(Client().receive).watched(),
    ):
        raise StillWorking(ticket="w-1")


def _own_name() -> str:
    task = asyncio.current_task()
    assert task is not None
    return task.get_name()
