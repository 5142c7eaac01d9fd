"""Work that outlasts a hop: tickets, and what becomes of clients that leave."""

import asyncio
import gc

import pytest

from imgproxy_py.service.response import Answer, SourceAnswer
from imgproxy_py.web.holding import Holding, StillWorking
from imgproxy_py.web.incoming import ClientLeft

DONE = SourceAnswer(source_url="https://a.example/b.png")


async def working(seconds: float, failure: Exception | None = None) -> Answer:
    await asyncio.sleep(seconds)
    if failure is not None:
        raise failure
    return DONE


def task(seconds: float, failure: Exception | None = None) -> "asyncio.Task[Answer]":
    return asyncio.create_task(working(seconds, failure))


def leaving(seconds: float = 60.0) -> "asyncio.Task[None]":
    return asyncio.create_task(asyncio.sleep(seconds))


async def test_quick_work_is_answered_on_the_first_hop() -> None:
    answer = await Holding(hold_seconds=5).first_hop(task(0.01), client_left=leaving())

    assert answer is DONE


async def test_slow_work_is_answered_under_its_ticket() -> None:
    holding = Holding(hold_seconds=0.05)

    with pytest.raises(StillWorking) as first:
        await holding.first_hop(task(0.12), client_left=leaving())
    with pytest.raises(StillWorking) as second:
        await holding.next_hop(first.value.ticket)

    assert second.value.ticket == first.value.ticket
    assert await holding.next_hop(first.value.ticket) is DONE
    assert await holding.next_hop(first.value.ticket) is DONE, "asked twice, answered twice"


async def test_a_failure_is_told_at_the_hop_that_meets_it() -> None:
    holding = Holding(hold_seconds=0.02)
    with pytest.raises(StillWorking) as working:
        await holding.first_hop(task(0.03, ValueError("late")), client_left=leaving())

    with pytest.raises(ValueError, match="late"):
        await holding.next_hop(working.value.ticket)


async def test_a_failure_that_nobody_comes_for_is_not_complained_about() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    holding = Holding(hold_seconds=0.01)
    with pytest.raises(StillWorking):
        await holding.first_hop(task(0.02, ValueError("late")), client_left=leaving())

    await asyncio.sleep(0.05)
    del holding
    gc.collect()

    assert complaints == []


async def test_a_client_that_leaves_takes_its_work_with_it() -> None:
    work = task(5)

    with pytest.raises(ClientLeft):
        await Holding(hold_seconds=5).first_hop(work, client_left=leaving(0.01))

    await asyncio.wait({work}, timeout=1)
    assert work.cancelled()


async def test_where_nothing_may_redirect_the_client_waits() -> None:
    holding = Holding(hold_seconds=0.01)

    answer = await holding.first_hop(task(0.1), client_left=leaving(), may_redirect=False)

    assert answer is DONE


async def test_while_the_server_stops_every_hop_lasts_to_the_end() -> None:
    stopping = asyncio.Event()
    holding = Holding(hold_seconds=0.02, is_stopping=stopping.is_set)
    with pytest.raises(StillWorking) as working:
        await holding.first_hop(task(0.1), client_left=leaving())
    stopping.set()

    assert await holding.next_hop(working.value.ticket) is DONE
    assert await holding.first_hop(task(0.1), client_left=leaving()) is DONE


async def test_a_client_that_leaves_a_stopping_server_takes_its_work_with_it() -> None:
    work = task(5)

    with pytest.raises(ClientLeft):
        await Holding(hold_seconds=0.01, is_stopping=lambda: True).first_hop(
            work, client_left=leaving(0.05)
        )
