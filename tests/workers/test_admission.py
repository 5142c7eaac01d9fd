"""Admission by memory: plain numbers, no picture."""

import asyncio

import pytest

from imgproxy_py.workers.admission import MemoryBudget


def budget() -> MemoryBudget:
    return MemoryBudget(total_bytes=1000, children=2)  # 250 each unasked, 500 to share


async def test_what_fits_the_allowance_takes_nothing_of_the_rest() -> None:
    memory = budget()

    async with memory.granted(250):
        assert memory.used_bytes == 0


async def test_together_grants_never_exceed_what_is_shared() -> None:
    memory = budget()
    peak = 0

    async def work(needed: int) -> None:
        nonlocal peak
        async with memory.granted(needed):
            peak = max(peak, memory.used_bytes)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(needed) for needed in [400, 600, 300, 750, 500, 260] * 5))

    assert 0 < peak <= 500
    assert memory.used_bytes == 0


async def test_a_small_request_does_not_overtake_a_large_one_that_waits() -> None:
    memory = budget()
    order = []

    async def work(name: str, needed: int) -> None:
        async with memory.granted(needed):
            order.append(name)
            await asyncio.sleep(0)

    async with memory.granted(600):
        large = asyncio.create_task(work("large", 750))
        await asyncio.sleep(0)
        small = asyncio.create_task(work("small", 300))
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(large, small)

    assert order == ["large", "small"]


async def test_more_than_there_ever_is_gets_all_that_there_is() -> None:
    memory = budget()

    async with memory.granted(10_000):
        assert memory.used_bytes == 500


async def test_a_cancelled_wait_gives_its_place_to_the_next() -> None:
    memory = budget()
    async with memory.granted(750):
        first = asyncio.create_task(memory.granted(700).__aenter__())
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    async with asyncio.timeout(1), memory.granted(750):
        pass

    assert memory.used_bytes == 0
