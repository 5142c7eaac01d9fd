"""Collapsing: one computation per key, whatever becomes of the one who began it."""

import asyncio
import time

import pytest

from imgproxy_py.store.collapse import Collapse, Outcome


class Work:
    """A computation that a test lets go on; it counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> str:
        self.begun += 1
        await self.may_end.wait()
        return f"value {self.begun}"


def started(collapse: Collapse[str], work: Work, count: int) -> list[asyncio.Task[Outcome[str]]]:
    return [asyncio.create_task(collapse.run("key", work)) for _ in range(count)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_hundred_requesters_cost_one_computation() -> None:
    collapse, work = Collapse[str](), Work()
    tasks = started(collapse, work, 100)
    await settle()
    work.may_end.set()

    outcomes = await asyncio.gather(*tasks)

    assert work.begun == 1
    assert {outcome.value for outcome in outcomes} == {"value 1"}
    assert [outcome.is_collapsed for outcome in outcomes] == [False] + [True] * 99
    assert len(collapse) == 0


async def test_different_keys_do_not_wait_for_each_other() -> None:
    collapse, slow = Collapse[str](), Work()
    task = asyncio.create_task(collapse.run("slow", slow))
    await settle()

    async def quick() -> str:
        return "quick"

    assert await collapse.run("quick", quick) == Outcome(value="quick", is_collapsed=False)
    slow.may_end.set()
    await task


async def test_a_cancelled_leader_is_replaced_by_one_of_the_waiting() -> None:
    collapse, work = Collapse[str](), Work()
    leader, *waiting = started(collapse, work, 4)
    await settle()
    leader.cancel()
    await settle()

    assert work.begun == 2
    work.may_end.set()
    outcomes = await asyncio.gather(*waiting)

    assert [outcome.is_collapsed for outcome in outcomes] == [False, True, True]
    assert {outcome.value for outcome in outcomes} == {"value 2"}


async def test_a_cancelled_waiter_leaves_the_others_alone() -> None:
    collapse, work = Collapse[str](), Work()
    leader, waiter, other = started(collapse, work, 3)
    await settle()
    waiter.cancel()
    await settle()
    work.may_end.set()

    assert (await leader).value == (await other).value == "value 1"
    assert waiter.cancelled()


async def test_a_failure_reaches_everyone_who_waits() -> None:
    collapse = Collapse[str]()
    may_fail = asyncio.Event()

    async def fail() -> str:
        await may_fail.wait()
        raise LookupError("no such picture")

    tasks = [asyncio.create_task(collapse.run("key", fail)) for _ in range(3)]
    await settle()
    may_fail.set()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [str(outcome) for outcome in outcomes] == ["no such picture"] * 3
    assert len(collapse) == 0


async def test_after_a_failure_the_next_requester_tries_again() -> None:
    collapse = Collapse[str]()

    async def fail() -> str:
        raise LookupError

    async def succeed() -> str:
        return "value"

    with pytest.raises(LookupError):
        await collapse.run("key", fail)

    assert (await collapse.run("key", succeed)).value == "value"


async def test_another_one_s_computation_is_waited_for_until_a_moment_and_no_longer() -> None:
    collapse, work = Collapse[str](), Work()
    leader = asyncio.create_task(collapse.run("key", work, waits_until=time.monotonic()))
    await settle()

    with pytest.raises(TimeoutError):
        await collapse.run("key", work, waits_until=time.monotonic() + 0.01)

    work.may_end.set()
    assert (await leader).value == "value 1", "its own is not limited"
