"""memcached behind aiocache's interface: whatever becomes of it, callers see a miss."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from aiocache.base import BaseCache

from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.memcached import MAX_VALUE_BYTES, MemcachedCache
from imgproxy_py.store.memcached_servers import (
    ANSWER_SECONDS,
    MemcachedServers,
    RendezvousHash,
    Unreachable,
    version_of,
)
from tests.memcached import Memcached, held_by, running_memcached
from tests.waiting import until_told

SECRET = b"a secret of ours"


@pytest.fixture(scope="module")
def lasting() -> Iterator[Memcached]:
    """One that no test harms; each takes names of its own."""
    with running_memcached() as memcached:
        yield memcached


@pytest.fixture(params=["memory", "memcached"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[BaseCache]:
    if request.param == "memory":
        yield BoundedMemoryCache(max_bytes=1_000_000)
        return
    servers = MemcachedServers([request.getfixturevalue("lasting").server])
    yield MemcachedCache(servers, secret=request.node.name.encode())
    await servers.close()


async def test_what_was_set_is_found(cache: BaseCache) -> None:
    assert await cache.set("a key with spaces", b"\x00\r\nvalue", ttl=60)

    assert await cache.get("a key with spaces") == b"\x00\r\nvalue"
    assert await cache.exists("a key with spaces")
    assert await cache.get("another") is None


async def test_several_are_found_at_once_in_their_order(cache: BaseCache) -> None:
    await cache.multi_set([("a", b"1"), ("b", b"2")], ttl=60)

    assert await cache.multi_get(["b", "missing", "a"]) == [b"2", None, b"1"]


async def test_what_was_deleted_is_gone(cache: BaseCache) -> None:
    await cache.set("key", b"value")

    assert await cache.delete("key") == 1
    assert await cache.get("key") is None
    assert await cache.delete("key") == 0


async def test_adding_never_replaces(cache: BaseCache) -> None:
    assert await cache.add("key", b"first", ttl=60)

    with pytest.raises(ValueError, match=r"^Key key already exists, use \.set to update"):
        await cache.add("key", b"second", ttl=60)

    assert await cache.get("key") == b"first"


async def test_a_time_to_live_reaches_memcached_in_whole_seconds(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    await MemcachedCache(servers, secret=SECRET).set("key", b"value", ttl=99.5)

    (ends_at,) = held_by(memcached).values()
    assert 90 < ends_at - time.time() < 105  # its clock ticks once a second


async def test_installations_that_share_a_memcached_are_strangers(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    one, other = (MemcachedCache(servers, secret=secret) for secret in (b"one", b"other"))
    await one.set("https://example.com/a.png", b"value")

    assert await one.get("https://example.com/a.png") == b"value"
    assert await other.get("https://example.com/a.png") is None
    assert not any("example" in name for name in held_by(memcached))


async def test_what_is_too_large_is_not_kept_nor_what_stood_there(
    servers: MemcachedServers,
) -> None:
    cache = MemcachedCache(servers, secret=SECRET)
    await cache.set("key", b"small")

    assert await cache.set("key", b"x" * (MAX_VALUE_BYTES + 1)) is False
    assert await cache.get("key") is None
    assert await cache.set("key", b"x" * MAX_VALUE_BYTES)


async def test_a_dead_memcached_means_misses_and_no_errors(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    cache = MemcachedCache(servers, secret=SECRET)
    await cache.set("key", b"value")
    memcached.kill()

    for _ in range(3):
        assert await cache.get("key") is None
        assert await cache.set("key", b"value") is False
        await cache.add("key", b"value")
        assert await cache.delete("key") == 0
        assert await cache.multi_get(["key"]) == [None]


async def test_a_memcached_that_comes_back_is_used_again(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    cache = MemcachedCache(servers, secret=SECRET)
    memcached.kill()
    assert await cache.get("key") is None
    memcached.start()

    await until_told(lambda: cache.set("key", b"value"), True)

    assert await cache.get("key") == b"value"


async def test_a_memcached_that_is_silent_costs_no_timeout_per_call(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    cache = MemcachedCache(servers, secret=SECRET)
    await cache.set("key", b"value")
    memcached.pause()
    began_at = time.monotonic()

    found = [await cache.get("key") for _ in range(400)]

    assert found == [None] * 400
    assert time.monotonic() - began_at < 400 * ANSWER_SECONDS / 10


async def test_while_its_queue_is_full_a_call_is_a_miss_at_once(memcached: Memcached) -> None:
    servers = MemcachedServers([memcached.server], threads=1, max_waiting=2)
    memcached.pause()
    calls = [asyncio.create_task(servers.call("get", "key")) for _ in range(20)]
    for _ in range(3):
        await asyncio.sleep(0)

    assert [call.done() for call in calls[3:]] == [True] * 17

    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, Unreachable) for outcome in outcomes)
    await servers.close()


async def test_the_keys_of_a_dead_server_move_to_the_living(memcached: Memcached) -> None:
    with running_memcached() as other:
        servers = MemcachedServers([memcached.server, other.server])
        cache = MemcachedCache(servers, secret=SECRET)
        other.kill()

        async with asyncio.timeout(20):
            while not all([await cache.set(f"key {number}", b"value") for number in range(50)]):
                pass  # each thread has to meet the dead one first
        kept = len(held_by(memcached))
        await servers.close()

    assert kept == 50


async def test_a_server_that_talks_nonsense_means_misses() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        servers = MemcachedServers([server.sockets[0].getsockname()])
        cache = MemcachedCache(servers, secret=SECRET)

        assert await cache.get("key") is None
        assert await cache.set("key", b"value") is False
        await servers.close()


async def test_a_name_is_tried_at_all_of_its_addresses(memcached: Memcached) -> None:
    servers = MemcachedServers([("localhost", memcached.port)])  # listens on 127.0.0.1 alone

    assert await servers.call("set", "key", b"value")
    await servers.close()


async def test_after_closing_there_are_only_misses(memcached: Memcached) -> None:
    servers = MemcachedServers([memcached.server])
    cache = MemcachedCache(servers, secret=SECRET)
    await cache.set("key", b"value")

    await servers.close()

    assert await cache.get("key") is None


def test_a_server_that_leaves_moves_its_own_keys_alone() -> None:
    three, two = RendezvousHash(), RendezvousHash()
    for node in ("a:1", "b:1", "c:1"):
        three.add_node(node)
    two.add_node("c:1")
    two.add_node("a:1")
    keys = [f"key {number}" for number in range(300)]
    before = {key: three.get_node(key) for key in keys}

    after = {key: two.get_node(key) for key in keys}

    assert [key for key in keys if before[key] != after[key]] == [
        key for key in keys if before[key] == "b:1"
    ]
    shares = [list(before.values()).count(node) for node in ("a:1", "b:1", "c:1")]
    assert min(shares) > 60  # a hundred each, give or take four standard deviations


def test_with_no_server_left_there_is_none_to_ask() -> None:
    nodes = RendezvousHash()
    nodes.add_node("a:1")
    nodes.remove_node("a:1")

    assert nodes.get_node("key") is None


def test_a_server_tells_its_version(memcached: Memcached) -> None:
    assert version_of(memcached.server)[:1].isdigit()


def test_a_server_that_is_not_there_is_named(memcached: Memcached) -> None:
    memcached.kill()

    with pytest.raises(Unreachable) as caught:
        version_of(memcached.server)

    assert str(caught.value) == (
        f"memcached at {memcached.address} does not answer: [Errno 111] Connection refused"
    )
