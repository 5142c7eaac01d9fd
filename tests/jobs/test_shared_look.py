"""Many who ask at once: one look for all of them, and none that is older than the question."""

import asyncio

import pytest

from imgproxy_py.jobs.shared_look import SharedLook
from tests.waiting import until


class Slow:
    """Tells the number of its look; each takes until `let_go`."""

    def __init__(self) -> None:
        self.looks = 0
        self._gate = asyncio.Event()

    async def __call__(self, _key: str) -> int:
        self.looks += 1
        number = self.looks
        await self._gate.wait()
        return number

    def let_go(self) -> None:
        self._gate.set()


async def test_who_asks_while_a_look_runs_shares_the_next_one() -> None:
    slow = Slow()
    shared = SharedLook(slow)
    first = [asyncio.create_task(shared.at("a")) for _ in range(10)]
    await until(lambda: slow.looks == 1)
    late = [asyncio.create_task(shared.at("a")) for _ in range(10)]
    await asyncio.sleep(0.01)
    assert slow.looks == 1

    slow.let_go()

    assert await asyncio.gather(*first) == [1] * 10
    assert await asyncio.gather(*late) == [2] * 10


async def test_other_keys_do_not_wait() -> None:
    slow = Slow()
    shared = SharedLook(slow)
    tasks = [asyncio.create_task(shared.at(key)) for key in "abc"]

    await until(lambda: slow.looks == 3)
    slow.let_go()
    await asyncio.gather(*tasks)


async def test_the_answer_comes_though_the_first_who_asked_is_gone() -> None:
    slow = Slow()
    shared = SharedLook(slow)
    gone, stays = (asyncio.create_task(shared.at("a")) for _ in range(2))
    await asyncio.sleep(0.01)

    gone.cancel()
    slow.let_go()

    assert await stays == 1


async def test_a_failure_reaches_all_and_is_forgotten() -> None:
    fails = True

    async def look(_key: str) -> str:
        await asyncio.sleep(0.01)
        if fails:
            raise OSError("the disk is gone")
        return "there"

    shared = SharedLook(look)
    outcomes = await asyncio.gather(*(shared.at("a") for _ in range(3)), return_exceptions=True)
    fails = False

    assert [str(each) for each in outcomes] == ["the disk is gone"] * 3
    assert await shared.at("a") == "there"


async def test_nothing_is_kept_once_all_have_their_answer() -> None:
    async def look(key: str) -> str:
        return key

    shared = SharedLook(look)
    await asyncio.gather(*(shared.at(str(n % 7)) for n in range(50)))

    assert len(shared) == 0


async def test_a_look_that_nobody_waits_for_fails_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def look(_key: str) -> str:
        await asyncio.sleep(0.01)
        raise OSError("the disk is gone")

    asked = asyncio.create_task(SharedLook(look).at("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.sleep(0.05)

    assert caplog.text == ""
