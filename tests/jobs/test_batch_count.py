"""Progress is counted in parts, and comes to what counting everything comes to."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

from sqlalchemy import text

from imgproxy_py.jobs import batch_count
from imgproxy_py.jobs.batch import Batch, BatchProgress
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_count import BatchCounter, Counted, Share, counted
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.states import MAY_FOLLOW, State
from tests.jobs.batches import database_with_account, delivery, put_job

Jobs = dict[int, dict[int, State]]


def share(first: int, state: State | None, jobs: int = 1, *, files: int = 10) -> Share:
    done = state is State.SUCCEEDED
    return Share(
        first_number=first,
        files=files,
        state=state,
        jobs=jobs if state else 0,
        source_bytes=100 * jobs * done,
        result_bytes=10 * jobs * done,
    )


def test_chunks_that_are_over_need_no_second_look() -> None:
    over = [share(0, State.SUCCEEDED, 10), share(10, State.FAILED, 4), share(10, State.CANCELLED)]
    shares = [*over, share(20, State.RUNNING), share(20, State.SUCCEEDED, 9)]

    everything, kept = counted(Counted(), shares)

    assert everything.counts == Counter(
        {State.SUCCEEDED: 19, State.FAILED: 4, State.CANCELLED: 1, State.RUNNING: 1}
    )
    assert (everything.source_bytes, everything.result_bytes) == (1900, 190)
    assert (kept.until, kept.source_bytes, kept.counts.total()) == (20, 1000, 15)


def test_a_chunk_whose_jobs_are_still_to_come_is_looked_at_again() -> None:
    shares = [share(0, State.FAILED), share(10, None), share(20, State.FAILED)]

    everything, kept = counted(Counted(), shares)

    assert everything.counts[State.FAILED] == 2
    assert kept.until == 10


def test_what_was_kept_and_what_came_since_add_up() -> None:
    before = Counted(until=10, counts=Counter({State.FAILED: 3}), source_bytes=5, result_bytes=2)

    everything, kept = counted(before, [share(10, State.SUCCEEDED, 2)])

    assert (
        everything
        == kept
        == Counted(
            until=20,
            counts=Counter({State.FAILED: 3, State.SUCCEEDED: 2}),
            source_bytes=205,
            result_bytes=22,
        )
    )
    assert before.counts == Counter({State.FAILED: 3})


def _shares(chunks: Jobs, since: int) -> list[Share]:
    told = []
    for first, jobs in sorted(chunks.items()):
        if first >= since:
            states = Counter(jobs.values())
            told += [share(first, state, number) for state, number in states.items()]
            told += [share(first, None)] if not states else []
    return told


def _progress(chunks: Jobs) -> BatchProgress:
    everything, _ = counted(Counted(), _shares(chunks, 0))
    return everything.progress(rejected=0)


def test_however_jobs_end_counting_in_parts_is_counting_everything() -> None:
    random, looks = Random(20), 0
    for _ in range(30):
        chunks: Jobs = {first: {} for first in range(0, 60, 10)}
        counter = BatchCounter()
        for _ in range(60):
            jobs = random.choice(list(chunks.values()))
            if not jobs:
                jobs |= dict.fromkeys(range(random.randrange(1, 10)), State.QUEUED)
            for number, state in jobs.items():
                if MAY_FOLLOW[state]:
                    jobs[number] = random.choice(sorted(MAY_FOLLOW[state]))
            before = counter.before("b")
            everything, over = counted(before, _shares(chunks, before.until))
            counter.remember("b", before, over)
            assert everything.progress(rejected=0) == _progress(chunks)
            looks += before.until > 0

    assert looks > 100


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_after_a_minute_everything_is_counted_again() -> None:
    clock = Clock()
    counter, over = BatchCounter(clock=clock), Counted(until=10)
    counter.remember("b", counter.before("b"), over)

    clock.seconds = batch_count.REMEMBERED_SECONDS - 1
    assert counter.before("b") == over
    counter.remember("b", over, replace(over, until=20))
    clock.seconds = batch_count.REMEMBERED_SECONDS
    assert counter.before("b") == Counted()


def test_the_batch_that_was_looked_at_first_is_forgotten_first() -> None:
    counter, over = BatchCounter(), Counted(until=10)
    for number in range(batch_count.MAX_BATCHES + 1):
        counter.remember(str(number), Counted(), over)

    assert counter.before("0") == Counted()
    assert counter.before("1") == over
    counter.remember("0", over, over)
    assert counter.before("1") == Counted()


async def test_of_fifty_thousand_files_only_the_unfinished_chunks_are_read(tmp_path: Path) -> None:
    async with database_with_account(tmp_path) as (database, account):
        chunks, batches = ChunkRepository(database), BatchRepository(database)
        batch: Batch | None = None
        for name in ("1", "2"):
            chunk = await chunks.open_chunk(account.id, "spring", request_sha256=name, files=1)
            batch = chunk.batch
            done = delivery(source_bytes=100, result_bytes=10)
            state = State.SUCCEEDED if name == "1" else State.RUNNING
            result = done if name == "1" else None
            await put_job(
                database, account, batch.id, chunk.first_number, state=state, result=result
            )
        assert batch is not None
        first = await batches.progress(batch.id)

        async with database.begin() as session:
            # Nobody does this: it shows what is looked at.
            await session.execute(text("UPDATE jobs SET state = 'failed'"))
        second = await batches.progress(batch.id)

    assert first.counts == {State.SUCCEEDED: 1, State.RUNNING: 1}
    assert second.counts == {State.SUCCEEDED: 1, State.FAILED: 1}
    assert (second.source_bytes, second.result_bytes) == (100, 10)
