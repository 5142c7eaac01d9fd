"""Work that several want: done once, it outlives who began it and ends with the last of them."""

import asyncio
import time

import pytest

from imgproxy_py.service.shared_work import SharedWork
from imgproxy_py.store.collapse import Collapse, Outcome
from tests.waiting import until


class Work:
    """It goes on until `may_end` is set; counts how often it was begun, and given up."""

    def __init__(self) -> None:
        self.begun = 0
        self.given_up = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return self.begun


@pytest.fixture
def shared() -> SharedWork[int]:
    return SharedWork(Collapse())


async def wanted(
    shared: SharedWork[int], work: Work, times: int
) -> list[asyncio.Task[Outcome[int]]]:
    tasks = [asyncio.create_task(shared.run("key", work)) for _ in range(times)]
    await until(lambda: work.begun == 1)
    return tasks


async def test_what_many_want_is_done_once(shared: SharedWork[int]) -> None:
    work = Work()
    tasks = await wanted(shared, work, 5)
    work.may_end.set()

    outcomes = await asyncio.gather(*tasks)

    assert [outcome.value for outcome in outcomes] == [1] * 5
    assert [outcome.is_collapsed for outcome in outcomes] == [False] + [True] * 4
    assert len(shared) == 0


async def test_who_leaves_first_leaves_the_work_to_the_others(shared: SharedWork[int]) -> None:
    work = Work()
    tasks = await wanted(shared, work, 3)
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    tasks[1].cancel()
    await asyncio.wait(tasks[1:2])
    work.may_end.set()

    outcome = await tasks[2]

    assert (outcome.value, work.begun, work.given_up) == (1, 1, 0)


async def test_what_another_one_left_behind_is_waited_for_no_longer_than_one_may(
    shared: SharedWork[int],
) -> None:
    work = Work()
    (first,) = await wanted(shared, work, 1)
    soon = time.monotonic() + 0.1
    second = asyncio.create_task(shared.run("key", work, waits_until=soon))
    await asyncio.sleep(0)
    first.cancel()

    with pytest.raises(TimeoutError):
        await second

    assert (work.begun, work.given_up) == (1, 1)


async def test_when_nobody_waits_any_more_the_work_is_given_up(shared: SharedWork[int]) -> None:
    work = Work()
    tasks = await wanted(shared, work, 3)

    for task in tasks:
        task.cancel()

    await asyncio.wait(tasks)
    await until(lambda: work.given_up == 1)
    assert (work.begun, len(shared)) == (1, 0)


async def test_a_failure_reaches_everybody_and_the_next_one_begins_anew(
    shared: SharedWork[int],
) -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    tasks = [asyncio.create_task(shared.run("key", fail)) for _ in range(3)]
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    work = Work()
    work.may_end.set()

    assert [str(failure) for failure in failures] == ["no"] * 3
    assert (await shared.run("key", work)).value == 1


async def test_other_keys_are_other_work(shared: SharedWork[int]) -> None:
    first, second = Work(), Work()
    first.may_end.set()
    second.may_end.set()

    await asyncio.gather(shared.run("a", first), shared.run("b", second))

    assert (first.begun, second.begun) == (1, 1)
