"""Work that outlasts a hop: tickets, and what becomes of clients that leave."""

import asyncio
import gc

import pytest

from imgproxy_py.service.response import Answer, SourceAnswer
from imgproxy_py.web.holding import Holding, StillWorking
from imgproxy_py.web.incoming import ClientLeft

DONE = SourceAnswer(source_url="https://a.example/b.png")


class Work:
    """Goes on until it `may_end`, and then fails if it shall."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.may_end = asyncio.Event()
        self.task = asyncio.create_task(self._run(failure))

    async def _run(self, failure: Exception | None) -> Answer:
        await self.may_end.wait()
        if failure is not None:
            raise failure
        return DONE


async def beyond_its_first_hop(holding: Holding, work: Work) -> str:
    """The ticket under which it goes on."""
    with pytest.raises(StillWorking) as told:
        await holding.first_hop(work.task, client_left=leaving())
    return told.value.ticket


def leaving(seconds: float = 60.0) -> "asyncio.Task[None]":
    return asyncio.create_task(asyncio.sleep(seconds))


async def test_quick_work_is_answered_on_the_first_hop() -> None:
    work = Work()
    work.may_end.set()

    assert await Holding(hold_seconds=30).first_hop(work.task, client_left=leaving()) is DONE


async def test_slow_work_is_answered_under_its_ticket() -> None:
    holding, work = Holding(hold_seconds=0.05), Work()

    ticket = await beyond_its_first_hop(holding, work)
    with pytest.raises(StillWorking) as second:
        await holding.next_hop(ticket)
    work.may_end.set()

    assert second.value.ticket == ticket
    assert await holding.next_hop(ticket) is DONE
    assert await holding.next_hop(ticket) is DONE, "asked twice, answered twice"


async def test_a_failure_is_told_at_the_hop_that_meets_it() -> None:
    holding, work = Holding(hold_seconds=0.02), Work(ValueError("late"))
    ticket = await beyond_its_first_hop(holding, work)
    work.may_end.set()

    with pytest.raises(ValueError, match="late"):
        await holding.next_hop(ticket)


async def test_a_failure_that_nobody_comes_for_is_not_complained_about() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    holding, work = Holding(hold_seconds=0.01), Work(ValueError("late"))
    await beyond_its_first_hop(holding, work)

    work.may_end.set()
    await asyncio.wait({work.task})
    del holding, work
    gc.collect()

    assert complaints == []


async def test_a_client_that_leaves_takes_its_work_with_it() -> None:
    work = Work()

    with pytest.raises(ClientLeft):
        await Holding(hold_seconds=30).first_hop(work.task, client_left=leaving(0.01))

    await asyncio.wait({work.task}, timeout=20)
    assert work.task.cancelled()


async def test_where_nothing_may_redirect_the_client_waits() -> None:
    holding, work = Holding(hold_seconds=0.01), Work()
    asyncio.get_running_loop().call_later(0.1, work.may_end.set)

    answer = await holding.first_hop(work.task, client_left=leaving(), may_redirect=False)

    assert answer is DONE


async def test_while_the_server_stops_every_hop_lasts_to_the_end() -> None:
    stopping = asyncio.Event()
    holding = Holding(hold_seconds=0.02, is_stopping=stopping.is_set)
    begun, new = Work(), Work()
    ticket = await beyond_its_first_hop(holding, begun)
    stopping.set()
    for work in (begun, new):
        asyncio.get_running_loop().call_later(0.1, work.may_end.set)

    assert await holding.next_hop(ticket) is DONE
    assert await holding.first_hop(new.task, client_left=leaving()) is DONE


async def test_a_client_that_leaves_a_stopping_server_takes_its_work_with_it() -> None:
    work = Work()

    with pytest.raises(ClientLeft):
        await Holding(hold_seconds=0.01, is_stopping=lambda: True).first_hop(
            work.task, client_left=leaving(0.05)
        )
