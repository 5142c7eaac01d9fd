"""The tiers in front of the store: what one process writes another finds; nothing comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace

import pytest
from aiocache.base import BaseCache

from imgproxy_py.store.blobs import BlobStore, Buffer
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.memcached import MAX_VALUE_BYTES, MemcachedCache
from imgproxy_py.store.memcached_servers import MemcachedServers
from imgproxy_py.store.shelf import ABSENT_SECONDS, MEMORY_SECONDS, SHARED_SECONDS, Shelf
from tests.memcached import Memcached, running_memcached


@dataclass(frozen=True, kw_only=True)
class Record:
    text: str


OLD, NEW = Record(text="old"), Record(text="new")


class CountedBlobs(BlobStore):
    """In memory; counts reads, and can be made to answer late with what stood there early."""

    def __init__(self) -> None:
        super().__init__("memory://")
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def get(self, key: str) -> Buffer | None:
        data = await super().get(key)
        self.reads += 1
        await self.may_answer.wait()
        return data


@dataclass(kw_only=True)
class World:
    """One store, one shared memory, and processes with a memory each; `now` is their clock."""

    shared: BaseCache | None
    blobs: CountedBlobs = field(default_factory=CountedBlobs)
    now: float = 0.0

    def process(self) -> Shelf[Record]:
        memory = BoundedMemoryCache(max_bytes=1_000_000, clock=lambda: self.now)
        return Shelf(Record, self.blobs, memory=memory, shared=self.shared)


@pytest.fixture(scope="module")
def memcached() -> Iterator[Memcached]:
    with running_memcached() as memcached:
        yield memcached


@pytest.fixture(params=["memory", "memcached"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Memory stands for any cache of aiocache's interface."""
    if request.param == "memory":
        world = World(shared=None)
        world.shared = BoundedMemoryCache(max_bytes=1_000_000, clock=lambda: world.now)
        yield world
        return
    servers = MemcachedServers([request.getfixturevalue("memcached").server])
    yield World(shared=MemcachedCache(servers, secret=request.node.name.encode()))
    await servers.close()


async def test_what_one_process_wrote_another_finds_without_the_store(world: World) -> None:
    await world.process().put("path", OLD)

    assert await world.process().get("path") == OLD
    assert world.blobs.reads == 0


async def test_what_one_process_read_another_finds_without_the_store(world: World) -> None:
    await world.blobs.put("path", world.process().encoded(OLD))

    assert [await world.process().get("path") for _ in range(3)] == [OLD] * 3
    assert world.blobs.reads == 1


async def test_what_was_made_anew_is_seen_when_memory_has_forgotten(world: World) -> None:
    one, other = world.process(), world.process()
    await one.put("path", OLD)
    assert await other.get("path") == OLD
    await one.put("path", NEW)

    world.now = MEMORY_SECONDS

    assert await other.get("path") == NEW


async def test_a_restart_of_everything_forgets_no_record(world: World) -> None:
    await world.process().put("path", OLD)

    alone = World(shared=None, blobs=world.blobs)

    assert await alone.process().get("path") == OLD


async def test_what_is_not_there_is_asked_of_the_store_once(world: World) -> None:
    assert [await world.process().get("path") for _ in range(3)] == [None] * 3
    assert world.blobs.reads == 1


async def test_what_was_missing_is_found_as_soon_as_another_has_written_it(world: World) -> None:
    process = world.process()
    assert await process.get("path") is None

    await world.process().put("path", NEW)

    assert await process.get("path") == NEW


async def test_who_read_the_store_before_a_write_does_not_undo_it(world: World) -> None:
    await world.blobs.put("path", world.process().encoded(OLD))
    world.blobs.may_answer.clear()
    reading = asyncio.create_task(world.process().get("path"))
    while world.blobs.reads == 0:
        await asyncio.sleep(0)
    await world.process().put("path", NEW)
    world.blobs.may_answer.set()

    assert await reading == OLD
    assert await world.process().get("path") == NEW


async def test_who_read_the_store_before_a_removal_does_not_undo_it(world: World) -> None:
    await world.blobs.put("path", world.process().encoded(OLD))
    world.blobs.may_answer.clear()
    reading = asyncio.create_task(world.process().get("path"))
    while world.blobs.reads == 0:
        await asyncio.sleep(0)
    await world.process().delete("path")
    world.blobs.may_answer.set()
    await reading

    assert await world.process().get("path") is None


async def test_a_removed_record_is_gone_everywhere(world: World) -> None:
    process = world.process()
    await process.put("path", OLD)

    await process.delete("path")

    assert await process.get("path") is None
    assert await world.process().get("path") is None


@pytest.mark.parametrize("damaged", [b"", b"\x01\xc1", b"\x63of another version"])
async def test_what_cannot_be_read_there_is_read_from_the_store(
    world: World, damaged: bytes
) -> None:
    assert world.shared is not None
    await world.process().put("path", OLD)
    await world.shared.set("path", damaged)

    assert await world.process().get("path") == OLD


async def test_a_record_that_memcached_does_not_take_is_found_in_the_store(
    memcached: Memcached,
) -> None:
    servers = MemcachedServers([memcached.server])
    world = World(shared=MemcachedCache(servers, secret=b"large"))
    large = Record(text="x" * MAX_VALUE_BYTES)
    await world.process().put("path", OLD)
    await world.process().put("path", large)

    assert await world.process().get("path") == large
    await servers.close()


async def test_what_the_shared_memory_says_ends_by_itself() -> None:
    """Of several servers one may be out of reach while a record is written, and come back."""
    world = World(shared=None)
    world.shared = BoundedMemoryCache(max_bytes=1_000_000, clock=lambda: world.now)
    await world.process().put("path", OLD)
    assert await world.process().get("missing") is None
    for path in ("path", "missing"):
        await world.blobs.put(path, world.process().encoded(NEW))

    world.now = ABSENT_SECONDS
    assert await world.process().get("missing") == NEW
    assert await world.process().get("path") == OLD
    world.now = SHARED_SECONDS
    assert await world.process().get("path") == NEW


async def test_with_memcached_dead_everything_is_as_without() -> None:
    servers = MemcachedServers([("127.0.0.1", 1)])
    world = World(shared=MemcachedCache(servers, secret=b"dead"))
    process = world.process()

    await process.put("path", OLD)
    assert await world.process().get("path") == OLD
    await process.put("path", replace(OLD, text="new"))
    assert await world.process().get("path") == NEW
    await process.delete("path")
    assert await world.process().get("path") is None
    await servers.close()
