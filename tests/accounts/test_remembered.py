"""Remembered answers: what was on its way when a name was forgotten is not remembered."""

import asyncio
from collections.abc import Callable

import pytest

from imgproxy_py.accounts.remembered import Remembered


class Slow:
    """A table whose answers are read at once and arrive when they are let go."""

    def __init__(self) -> None:
        self.value: str | None = "old"
        self.gate = asyncio.Event()
        self.asked = 0

    async def look_up(self, name: str) -> str | None:
        self.asked += 1
        found = self.value
        await self.gate.wait()
        return found


def forget_one(answers: Remembered[str]) -> None:
    answers.forget("name")


def forget_all(answers: Remembered[str]) -> None:
    answers.forget_all()


@pytest.mark.parametrize("forget", [forget_one, forget_all])
@pytest.mark.parametrize("old", ["old", None])
async def test_an_answer_that_was_read_before_the_change_counts_for_those_who_wait_only(
    forget: Callable[[Remembered[str]], None], old: str | None
) -> None:
    table = Slow()
    table.value = old
    answers = Remembered(table.look_up)
    before = asyncio.create_task(answers.find("name"))
    await asyncio.sleep(0.01)

    table.value = "new"
    forget(answers)
    after = asyncio.create_task(answers.find("name"))
    await asyncio.sleep(0.01)
    table.gate.set()

    assert (await before, await after) == (old, "new")
    assert await answers.find("name") == "new"
    assert table.asked == 2
