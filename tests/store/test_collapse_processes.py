"""Collapsing across processes: one of them computes, the others find what it stored.

Two processes are two sets of open files here; real ones are in tests/web/test_two_processes.py.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.store.collapse import Collapse, Outcome
from imgproxy_py.store.leases import FileLeases


class Shelf:
    """What both processes see, and what they did for it."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.computed = 0
        self.looked = 0
        self.may_end = asyncio.Event()

    async def look(self) -> str | None:
        self.looked += 1
        return self.value

    async def compute(self) -> str:
        self.computed += 1
        await self.may_end.wait()
        self.value = "stored"
        return "computed"

    async def fail(self) -> str:
        self.computed += 1
        await self.may_end.wait()
        raise LookupError("no such picture")


@pytest.fixture
async def leases(tmp_path: Path) -> AsyncIterator[tuple[FileLeases, FileLeases]]:
    pair = FileLeases(tmp_path / "leases"), FileLeases(tmp_path / "leases")
    yield pair
    for one in pair:
        await one.close()


@pytest.fixture
def two(leases: tuple[FileLeases, FileLeases]) -> tuple[Collapse[str], Collapse[str]]:
    return Collapse(leases[0], name="results"), Collapse(leases[1], name="results")


async def polled() -> None:
    """Long enough for whoever waits to have asked in vain; a slower one proves the same later."""
    await asyncio.sleep(0.03)


async def test_the_requesters_of_two_processes_cost_one_computation(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    shelf = Shelf()
    tasks = [
        asyncio.create_task(collapse.run("key", shelf.compute, look=shelf.look))
        for collapse in two
        for _ in range(50)
    ]
    await polled()
    shelf.may_end.set()

    outcomes = await asyncio.gather(*tasks)

    assert shelf.computed == 1
    assert [outcome.is_collapsed for outcome in outcomes] == [False] + [True] * 99
    assert {outcome.value for outcome in outcomes[:50]} == {"computed"}
    assert {outcome.value for outcome in outcomes[50:]} == {"stored"}


async def test_who_comes_just_after_another_process_ended_finds_its_outcome(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    """It had looked before that, and nobody holds the lease any more."""
    shelf = Shelf()
    shelf.may_end.set()
    await two[0].run("key", shelf.compute, look=shelf.look)

    outcome = await two[1].run("key", shelf.compute, look=shelf.look)

    assert outcome == Outcome(value="stored", is_collapsed=True)
    assert shelf.computed == 1


async def test_when_the_other_process_stored_nothing_the_next_one_computes(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    shelf = Shelf()
    failing = asyncio.create_task(two[0].run("key", shelf.fail, look=shelf.look))
    await polled()
    waiting = asyncio.create_task(two[1].run("key", shelf.compute, look=shelf.look))
    await polled()
    shelf.may_end.set()

    with pytest.raises(LookupError, match="no such picture"):
        await failing
    assert await waiting == Outcome(value="computed", is_collapsed=False)
    assert shelf.computed == 2


async def test_a_cancelled_leader_leaves_its_place_to_the_other_process(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    shelf = Shelf()
    leading = asyncio.create_task(two[0].run("key", shelf.compute, look=shelf.look))
    await polled()
    waiting = asyncio.create_task(two[1].run("key", shelf.compute, look=shelf.look))
    await polled()
    leading.cancel()
    shelf.may_end.set()

    assert await waiting == Outcome(value="computed", is_collapsed=False)


async def test_who_waits_for_another_process_may_give_up_and_is_replaced(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    shelf = Shelf()
    leading = asyncio.create_task(two[0].run("key", shelf.compute, look=shelf.look))
    await polled()
    first, second = (
        asyncio.create_task(two[1].run("key", shelf.compute, look=shelf.look)) for _ in range(2)
    )
    await polled()
    first.cancel()
    shelf.may_end.set()

    assert await second == Outcome(value="stored", is_collapsed=True)
    assert await leading == Outcome(value="computed", is_collapsed=False)


async def test_who_cannot_look_does_not_wait_for_another_process(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    shelf = Shelf()
    leading = asyncio.create_task(two[0].run("key", shelf.compute, look=shelf.look))
    await polled()

    async def at_once() -> str:
        return "at once"

    assert (await two[1].run("key", at_once)).value == "at once"
    shelf.may_end.set()
    await leading


async def test_work_of_one_kind_may_wait_for_work_of_another_under_the_same_key(
    leases: tuple[FileLeases, FileLeases],
) -> None:
    shelf = Shelf()
    shelf.may_end.set()
    results, fetches = Collapse[str](leases[0], name="results"), Collapse[str](leases[0], name="f")

    async def outer() -> str:
        return (await fetches.run("key", shelf.compute, look=shelf.look)).value

    async with asyncio.timeout(20):
        assert (await results.run("key", outer, look=shelf.look)).value == "computed"


async def test_where_there_are_no_leases_nobody_looks(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.may_end.set()

    await Collapse[str]().run("key", shelf.compute, look=shelf.look)

    assert shelf.looked == 0


async def test_another_process_is_waited_for_until_a_moment_and_no_longer(
    two: tuple[Collapse[str], Collapse[str]],
) -> None:
    shelf = Shelf()
    leader = asyncio.create_task(two[0].run("key", shelf.compute, look=shelf.look))
    await polled()

    with pytest.raises(TimeoutError):
        await two[1].run("key", shelf.compute, look=shelf.look, waits_until=time.monotonic() + 0.02)

    shelf.may_end.set()
    assert (await leader).value == "computed"
    assert shelf.computed == 1
