"""Leases: of several processes one holds a key, and what it held is free when it is gone."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.store.leases import FileLeases, Leases, NoLease, offset_of, wait_for
from imgproxy_py.store.memcached import hashed_name
from imgproxy_py.store.memcached_leases import LEASE_SECONDS, MemcachedLeases
from imgproxy_py.store.memcached_servers import MemcachedServers
from tests.memcached import Memcached, held_by
from tests.waiting import until

SECRET = b"a secret of ours"

# Takes a lease and holds it until it is killed.
A_HOLDER = """
import asyncio, sys, time
from pathlib import Path
from imgproxy_py.store.leases import FileLeases

lease = asyncio.run(FileLeases(Path(sys.argv[1])).take(sys.argv[2]))
print("held" if lease else "refused", flush=True)
time.sleep(600)
"""


@pytest.fixture(params=["file", "memcached"])
async def two(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Leases, Leases]]:
    """As two processes have them: nothing is shared but the file, or the memcached."""
    if request.param == "file":
        pair: tuple[Leases, Leases] = FileLeases(tmp_path / "l"), FileLeases(tmp_path / "l")
        yield pair
        await asyncio.gather(*(leases.close() for leases in pair))
        return
    server = request.getfixturevalue("memcached").server
    of_both = [MemcachedServers([server]), MemcachedServers([server])]
    pair = MemcachedLeases(of_both[0], secret=SECRET), MemcachedLeases(of_both[1], secret=SECRET)
    yield pair
    await asyncio.gather(*(leases.close() for leases in pair))
    await asyncio.gather(*(servers.close() for servers in of_both))


async def test_what_one_holds_nobody_else_gets(two: tuple[Leases, Leases]) -> None:
    one, other = two

    assert await one.take("key") is not None
    assert await other.take("key") is None
    assert await one.take("key") is None


async def test_different_keys_are_not_in_each_others_way(two: tuple[Leases, Leases]) -> None:
    one, other = two

    assert await one.take("key") is not None
    assert await other.take("another") is not None
    assert await one.take("a third") is not None


async def test_what_is_released_can_be_had(two: tuple[Leases, Leases]) -> None:
    one, other = two
    held = await wait_for(one, "key")
    waiting = asyncio.create_task(wait_for(other, "key"))
    await asyncio.sleep(0.03)
    assert not waiting.done()

    await held.release()

    async with asyncio.timeout(20):
        await waiting
    assert await one.take("key") is None


async def test_who_gives_up_waiting_takes_nothing(two: tuple[Leases, Leases]) -> None:
    one, other = two
    held = await wait_for(one, "key")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await wait_for(other, "key")

    await held.release()

    async with asyncio.timeout(20):
        await wait_for(one, "key")


async def test_closing_gives_everything_back(two: tuple[Leases, Leases]) -> None:
    one, other = two
    for key in ("a", "b"):
        await wait_for(one, key)

    await one.close()

    assert await other.take("a") is not None
    assert await other.take("b") is not None


async def test_what_a_killed_process_held_is_free_at_once(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path / "leases.lock")
    arguments = [sys.executable, "-c", A_HOLDER, str(tmp_path / "leases.lock"), "key"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert await asyncio.to_thread(holder.stdout.readline) == "held\n"
        assert await leases.take("key") is None

        holder.kill()
        await asyncio.to_thread(holder.wait, 20)  # it takes the signal a moment later

    assert await leases.take("key") is not None
    await leases.close()


async def test_leases_leave_nothing_behind_in_their_file(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path / "leases.lock")
    for number in range(100):
        await (await wait_for(leases, f"key {number}")).release()
    await leases.close()

    assert (tmp_path / "leases.lock").stat().st_size == 0


async def test_where_the_file_cannot_be_opened_everybody_works(tmp_path: Path) -> None:
    one, other = FileLeases(tmp_path), FileLeases(tmp_path)

    assert isinstance(await one.take("key"), NoLease)
    assert isinstance(await other.take("key"), NoLease)
    await one.close()


def test_a_key_is_a_byte_that_a_file_can_have() -> None:
    offsets = [offset_of(f"key {number}") for number in range(1000)]

    assert len(set(offsets)) == 1000
    assert 2**60 < max(offsets) < 2**62


async def test_without_memcached_everybody_works(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    memcached.kill()
    leases = MemcachedLeases(servers, secret=SECRET)

    assert isinstance(await leases.take("key"), NoLease)
    assert isinstance(await leases.take("key"), NoLease)


async def test_what_a_dead_holder_had_in_memcached_ends_by_itself(
    servers: MemcachedServers,
) -> None:
    leases = MemcachedLeases(servers, secret=SECRET)
    # Its clock ticks once a second: one second could be over at once.
    await servers.call("add", hashed_name(SECRET, "lease key"), b"a dead holder's", expire=3)
    assert await leases.take("key") is None

    async with asyncio.timeout(20):
        lease = await wait_for(leases, "key")

    assert not isinstance(lease, NoLease)
    await leases.close()


async def test_a_lease_is_renewed_while_it_is_held(
    memcached: Memcached, servers: MemcachedServers
) -> None:
    leases = MemcachedLeases(servers, secret=SECRET, renewed_after_seconds=0.02)
    await wait_for(leases, "key")
    (name,) = held_by(memcached)
    await servers.call("touch", name, expire=1000)

    # Renewed is what ends in a few seconds again.
    # (An item that is being written at that moment is left out of the list.)
    await until(lambda: 0 < held_by(memcached).get(name, 0) - time.time() < LEASE_SECONDS + 2)
    await leases.close()


async def test_who_lost_a_lease_does_not_end_the_next_ones(servers: MemcachedServers) -> None:
    one = MemcachedLeases(servers, secret=SECRET)
    other = MemcachedLeases(servers, secret=SECRET)
    lost = await wait_for(one, "key")
    await servers.call("delete", hashed_name(SECRET, "lease key"))
    await wait_for(other, "key")

    await lost.release()
    await one.close()

    assert await one.take("key") is None
    await other.close()
