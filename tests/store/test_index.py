"""The memory in front of the store: bounded, with time handed in."""

import asyncio

import pytest
from aiocache.base import BaseCache

from imgproxy_py.store.index import ENTRY_OVERHEAD_BYTES, BoundedMemoryCache


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def room_for(entries: int, value_bytes: int) -> int:
    return entries * (1 + value_bytes + ENTRY_OVERHEAD_BYTES)


async def test_the_least_recently_used_entry_makes_room() -> None:
    cache = BoundedMemoryCache(max_bytes=room_for(10, 100))
    for key in "abcdefghij":
        await cache.set(key, bytes(100))
    await cache.get("a")

    await cache.set("k", bytes(100))

    assert await cache.get("b") is None
    assert await cache.get("a") == bytes(100)
    assert len(cache) == 10


async def test_memory_never_grows_beyond_its_bound() -> None:
    cache = BoundedMemoryCache(max_bytes=100_000)

    for number in range(2_000):
        await cache.set(f"key-{number}", bytes(number % 4_000))
        assert cache.used_bytes <= 100_000

    assert 20 < len(cache) < 300


async def test_many_at_once_never_get_it_beyond_its_bound_nor_its_count_wrong() -> None:
    cache = BoundedMemoryCache(max_bytes=50_000)

    async def use(number: int) -> None:
        for turn in range(40):
            key = f"key-{(number * 7 + turn * 13) % 90}"
            if turn % 5 == 4:
                await cache.delete(key)
            elif await cache.get(key) is None or turn % 3 == 0:
                await asyncio.sleep(0)  # as reading the store does
                await cache.set(key, bytes((number * turn) % 3_000), ttl=60)
            assert cache.used_bytes <= 50_000

    await asyncio.gather(*(use(number) for number in range(100)))

    assert len(cache) > 10
    for number in range(90):
        await cache.delete(f"key-{number}")
    assert (len(cache), cache.used_bytes) == (0, 0)


async def test_what_would_push_out_everything_else_is_not_kept() -> None:
    cache = BoundedMemoryCache(max_bytes=8_000)
    await cache.set("small", b"x")

    assert not await cache.set("large", bytes(1_001))

    assert await cache.get("large") is None
    assert await cache.get("small") == b"x"


async def test_a_large_new_value_does_not_leave_the_old_one_standing() -> None:
    cache = BoundedMemoryCache(max_bytes=8_000)
    await cache.set("key", b"old")

    await cache.set("key", bytes(5_000))

    assert await cache.get("key") is None
    assert cache.used_bytes == 0


async def test_an_entry_lives_as_long_as_it_was_given() -> None:
    clock = Clock()
    cache = BoundedMemoryCache(max_bytes=10_000, clock=clock, ttl=5)
    await cache.set("by default", b"1")
    await cache.set("longer", b"2", ttl=9)

    clock.now = 5.0

    assert await cache.get("by default") is None
    assert await cache.get("longer") == b"2"
    clock.now = 9.0
    assert not await cache.exists("longer")
    assert cache.used_bytes == 0


async def test_it_is_an_aiocache_backend_in_all_its_calls() -> None:
    cache = BoundedMemoryCache(max_bytes=100_000)
    assert isinstance(cache, BaseCache)

    assert await cache.add("a", b"1")
    with pytest.raises(ValueError, match="Key a already exists"):
        await cache.add("a", b"2")
    await cache.multi_set([("b", b"2"), ("c", b"3")])
    assert await cache.multi_get(["a", "b", "x"]) == [b"1", b"2", None]
    assert await cache.get("x", default=b"none") == b"none"
    assert await cache.increment("n", 2) == 2
    assert await cache.increment("n", 3) == 5
    assert await cache.expire("a", 10)
    assert not await cache.expire("x", 10)
    assert await cache.delete("a") == 1
    assert await cache.delete("a") == 0
    await cache.clear()
    assert len(cache) == 0
    assert cache.used_bytes == 0


async def test_a_namespace_keeps_its_keys_apart() -> None:
    cache = BoundedMemoryCache(max_bytes=100_000, namespace="one:")
    await cache.set("key", b"1")
    await cache.set("key", b"2", namespace="two:")

    await cache.clear(namespace="two:")

    assert await cache.get("key") == b"1"
    assert await cache.get("key", namespace="two:") is None
