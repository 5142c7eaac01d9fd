"""What was purged counts as gone at once, elsewhere soon, and is removed in the end."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from imgproxy_py.store import purges as module
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.key import source_key
from imgproxy_py.store.purges import Purges, tag_subject
from imgproxy_py.store.records import Records
from imgproxy_py.store.sweep import REMEMBERED_SECONDS, SETTLED_SECONDS, sweep
from tests.store.test_records import KEY, RESULT, SOURCE
from tests.waiting import until

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OTHER = source_key("https://example.com/b.png")
BEFORE = NOW - timedelta(seconds=1)
AFTER = NOW + timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def purges(blobs: BlobStore, clock: Clock) -> Purges:
    return Purges(blobs, clock=clock)


@pytest.fixture
async def records(blobs: BlobStore, purges: Purges) -> Records:
    """A source and its result, and the result of another one; all older than NOW."""
    kept = Records(blobs, memory=BoundedMemoryCache(max_bytes=100_000), purges=purges)
    await kept.put_source(KEY, replace(SOURCE, fetched_at=BEFORE, tags=("cats", "all")))
    await kept.put_source(OTHER, replace(SOURCE, fetched_at=BEFORE, tags=("all",)))
    mine = replace(RESULT, created_at=BEFORE, source_digest=KEY.digest, tags=("cats", "all"))
    await kept.put_result(mine)
    await kept.put_result(replace(mine, result_id="other", source_digest=OTHER.digest, tags=()))
    return kept


async def known(records: Records) -> list[bool]:
    """Source, its result, the other source, its result."""
    return [
        await records.source(KEY) is not None,
        await records.result(RESULT.result_id) is not None,
        await records.source(OTHER) is not None,
        await records.result("other") is not None,
    ]


async def test_a_source_is_purged_with_its_results_and_no_other(
    records: Records, purges: Purges
) -> None:
    await purges.add([KEY.digest])

    assert await known(records) == [False, False, True, True]


async def test_a_tag_is_purged_wherever_it_stands(records: Records, purges: Purges) -> None:
    await purges.add([tag_subject("all")])

    assert await known(records) == [False, False, False, True]


async def test_what_is_made_after_a_purge_is_there_again(
    records: Records, purges: Purges, clock: Clock
) -> None:
    await purges.add([KEY.digest, tag_subject("cats")])
    clock.now += 10

    await records.put_source(KEY, replace(SOURCE, fetched_at=AFTER, tags=("cats",)))

    assert await known(records) == [True, False, True, True]


async def test_an_accounts_own_result_is_not_purged(records: Records, purges: Purges) -> None:
    own = replace(RESULT, result_id="own", source_digest=KEY.digest, expires_at=AFTER)
    await records.put_result(replace(own, created_at=BEFORE))

    await purges.add([KEY.digest])

    assert await records.result("own") is not None


async def test_another_process_learns_of_it_when_it_lists_again(
    blobs: BlobStore, records: Records, clock: Clock
) -> None:
    elsewhere = Purges(blobs, clock=clock)
    await elsewhere.add([KEY.digest])

    assert await known(records) == [True, True, True, True]
    here = Purges(blobs, clock=clock)
    await here.refresh()
    again = Records(blobs, memory=BoundedMemoryCache(max_bytes=100_000), purges=here)
    assert await known(again) == [False, False, True, True]


async def test_a_process_that_runs_lists_again_and_again(
    blobs: BlobStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LISTED_SECONDS", 0.01)
    here = Purges(blobs, clock=clock)
    following = asyncio.create_task(here.follow())
    await asyncio.sleep(0)

    await Purges(blobs, clock=clock).add([KEY.digest])

    await until(lambda: here.latest(source_digest=KEY.digest) > 0)
    following.cancel()


async def test_the_latest_of_several_purges_counts(purges: Purges, clock: Clock) -> None:
    first = await purges.add(["ab" * 32])
    clock.now += 60
    second = await purges.add(["ab" * 32])
    await purges.refresh()

    between = datetime.fromtimestamp((first + second) / 2, UTC)
    assert purges.is_purged(between, source_digest="ab" * 32)
    assert not purges.is_purged(
        datetime.fromtimestamp(second, UTC) + timedelta(milliseconds=1), source_digest="ab" * 32
    )


async def test_what_was_made_in_the_same_millisecond_is_purged(
    purges: Purges, clock: Clock
) -> None:
    await purges.add(["ab" * 32])

    assert purges.is_purged(datetime.fromtimestamp(clock.now, UTC), source_digest="ab" * 32)


async def test_a_sweep_removes_what_was_purged_and_then_the_purge(
    blobs: BlobStore, records: Records, purges: Purges, clock: Clock
) -> None:
    await purges.add([KEY.digest])

    assert await sweep(blobs, records, purges, clock=clock) == 0  # others may still write
    clock.now += SETTLED_SECONDS + 1
    assert await sweep(blobs, records, purges, clock=clock) == 2

    assert len([entry.key async for entry in blobs.entries("records")]) == 2
    # Memory holds them still: the purge stays until it does no longer.
    assert await known(records) == [False, False, True, True]
    clock.now += REMEMBERED_SECONDS
    assert await sweep(blobs, records, purges, clock=clock) == 0
    assert (len(purges), [entry.key async for entry in blobs.entries("purges")]) == (0, [])


async def test_new_purges_do_not_keep_old_ones(
    blobs: BlobStore, records: Records, purges: Purges, clock: Clock
) -> None:
    await purges.add([KEY.digest])
    clock.now += SETTLED_SECONDS + 1
    await sweep(blobs, records, purges, clock=clock)
    clock.now += REMEMBERED_SECONDS
    await purges.add([OTHER.digest])

    assert await sweep(blobs, records, purges, clock=clock) == 2

    assert purges.latest(source_digest=KEY.digest) == 0
    assert await known(records) == [True, True, False, False]  # as memory remembers them


async def test_a_late_sweep_keeps_the_purge_that_hides_what_memory_holds(
    blobs: BlobStore, records: Records, purges: Purges, clock: Clock
) -> None:
    await purges.add([KEY.digest])
    clock.now += REMEMBERED_SECONDS + 1

    assert await sweep(blobs, records, purges, clock=clock) == 2

    assert await known(records) == [False, False, True, True]


async def test_a_sweep_lets_others_work_between_two_records(
    blobs: BlobStore,
    records: Records,
    purges: Purges,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await purges.add([OTHER.digest])
    clock.now += SETTLED_SECONDS + 1
    turn, turns_of_reads = 0, list[int]()
    read = Records.purged_at

    async def noted(self: Records, path: str) -> float | None:
        turns_of_reads.append(turn)
        return await read(self, path)

    async def others() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(Records, "purged_at", noted)
    working = asyncio.create_task(others())
    await sweep(blobs, records, purges, clock=clock)
    working.cancel()

    assert len(turns_of_reads) == len(set(turns_of_reads)) == 4


async def test_a_sweep_with_nothing_to_do_reads_nothing(
    blobs: BlobStore, records: Records, purges: Purges, clock: Clock
) -> None:
    await blobs.put("records/results/zz/damaged", b"\x01damaged")

    assert await sweep(blobs, records, purges, clock=clock) == 0


async def test_a_strange_name_among_the_purges_hurts_nobody(
    blobs: BlobStore, purges: Purges
) -> None:
    await blobs.put("purges/readme", b"what is this?")

    await purges.refresh()

    assert not purges.is_purged(BEFORE, source_digest="ab" * 32, tags=("a",))
