"""Chunks of a batch: numbered without gaps or twins, however they come, and once only."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Rejection, read_client_batch_id
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.errors import BatchNotFound, BatchTooLarge, ClientBatchIdInvalid
from imgproxy_py.jobs.states import State
from tests.jobs.batches import database_with_account, delivery, put_job


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[tuple[Database, Account]]:
    async with database_with_account(tmp_path) as made:
        yield made


def rejection(filename: str, *, chunk: int = 1, index: int = 0) -> Rejection:
    return Rejection(
        index=index, filename=filename, code="upload_empty", message="it is empty", chunk=chunk
    )


async def test_the_first_chunk_makes_the_batch(place: tuple[Database, Account]) -> None:
    database, account = place

    chunk = await ChunkRepository(database).open_chunk(
        account.id, "spring", request_sha256="1", files=3
    )

    batch = await BatchRepository(database).find(account.id, "spring")
    assert (batch.id, batch.chunks) == (chunk.batch.id, 1)
    assert (chunk.number, chunk.first_number, chunk.total_files) == (1, 0, 3)


async def test_chunks_that_come_together_share_no_number(place: tuple[Database, Account]) -> None:
    database, account = place
    chunks = ChunkRepository(database)

    opened = await asyncio.gather(
        *(
            chunks.open_chunk(account.id, "spring", request_sha256=str(n), files=n)
            for n in range(1, 13)
        )
    )

    in_order = sorted(opened, key=lambda chunk: chunk.number)
    assert [chunk.number for chunk in in_order] == list(range(1, 13))
    for before, after in pairwise(in_order):
        assert after.first_number == before.first_number + before.files
    assert max(chunk.total_files for chunk in opened) == sum(range(1, 13))


async def test_the_same_request_gets_the_room_it_had(place: tuple[Database, Account]) -> None:
    database, account = place
    chunks = ChunkRepository(database)
    first = await chunks.open_chunk(account.id, "spring", request_sha256="1", files=3)
    await chunks.open_chunk(account.id, "spring", request_sha256="2", files=3)

    again = await chunks.open_chunk(account.id, "spring", request_sha256="1", files=3)

    assert (again.number, again.first_number, again.is_known) == (1, 0, True)
    assert not first.is_known
    assert again.total_files == 6


async def test_batches_of_other_accounts_and_names_are_others(
    place: tuple[Database, Account],
) -> None:
    database, account = place
    chunks = ChunkRepository(database)
    one = await chunks.open_chunk(account.id, "spring", request_sha256="1", files=1)
    other = await chunks.open_chunk(account.id, "Spring", request_sha256="1", files=1)

    assert one.batch.id != other.batch.id
    with pytest.raises(
        BatchNotFound, match=r"^this account has no batch with that client_batch_id$"
    ):
        await BatchRepository(database).find("somebody-else", "spring")


async def test_a_batch_takes_fifty_thousand_files_and_not_one_more(
    place: tuple[Database, Account],
) -> None:
    database, account = place
    chunks = ChunkRepository(database)
    await chunks.open_chunk(account.id, "spring", request_sha256="1", files=49_999)

    with pytest.raises(BatchTooLarge) as refused:
        await chunks.open_chunk(account.id, "spring", request_sha256="2", files=2)
    last = await chunks.open_chunk(account.id, "spring", request_sha256="3", files=1)

    assert str(refused.value) == (
        "a batch may have at most 50000 files, and this one has 49999 already; begin another with "
        "a new client_batch_id"
    )
    assert (last.number, last.total_files) == (2, 50_000)


async def test_a_chunk_finds_its_own_jobs_and_no_others(place: tuple[Database, Account]) -> None:
    database, account = place
    chunks = ChunkRepository(database)
    first = await chunks.open_chunk(account.id, "spring", request_sha256="1", files=2)
    second = await chunks.open_chunk(account.id, "spring", request_sha256="2", files=2)
    made = [await put_job(database, account, first.batch.id, number) for number in (2, 0, 1)]

    assert [job.id for job in await chunks.jobs_of(first)] == [made[1].id, made[2].id]
    assert [job.id for job in await chunks.jobs_of(second)] == [made[0].id]


async def test_rejections_are_told_once_however_often_they_are_noted(
    place: tuple[Database, Account],
) -> None:
    database, account = place
    chunks, batches = ChunkRepository(database), BatchRepository(database)
    first = await chunks.open_chunk(account.id, "spring", request_sha256="1", files=2)
    second = await chunks.open_chunk(account.id, "spring", request_sha256="2", files=1)

    last = rejection("c", chunk=2, index=3)
    noted = [rejection("a", index=2), rejection("b", index=7)]
    await chunks.close_chunk(second, [last])
    await chunks.close_chunk(first, [rejection("a"), rejection("x")])
    await chunks.close_chunk(first, noted)

    assert await batches.rejections(first.batch.id, limit=10) == (*noted, last)


async def test_progress_counts_every_state_and_the_bytes_of_what_succeeded(
    place: tuple[Database, Account],
) -> None:
    database, account = place
    chunks, batches = ChunkRepository(database), BatchRepository(database)
    chunk = await chunks.open_chunk(account.id, "spring", request_sha256="1", files=9)
    batch_id = chunk.batch.id
    await chunks.close_chunk(chunk, [rejection("bad.png")])
    states = [State.QUEUED, State.RUNNING, State.FAILED, State.CANCELLED]
    for number, state in enumerate(states):
        await put_job(database, account, batch_id, number, state=state)
    for number in (4, 5):
        result = delivery(source_bytes=1000, result_bytes=333)
        await put_job(database, account, batch_id, number, state=State.SUCCEEDED, result=result)

    progress = await batches.progress(batch_id)

    assert progress.as_json() == {
        "total_files": 7,
        "queued": 1,
        "running": 1,
        "succeeded": 2,
        "failed": 1,
        "cancelled": 1,
        "rejected": 1,
        "is_finished": False,
        "original_size": 2000,
        "optimized_size": 666,
        "saved_bytes": 1334,
        "percent": 66.7,
    }


async def test_a_batch_without_anything_left_to_do_is_finished(
    place: tuple[Database, Account],
) -> None:
    database, account = place
    chunk = await ChunkRepository(database).open_chunk(
        account.id, "spring", request_sha256="1", files=1
    )
    await put_job(database, account, chunk.batch.id, 0, state=State.FAILED)

    progress = await BatchRepository(database).progress(chunk.batch.id)

    assert progress.is_finished
    assert progress.as_json()["percent"] == 0.0


@pytest.mark.parametrize("text", ["a", "Spring 2026 / größte", "x" * 255])
def test_a_name_for_a_batch_may_be_any_printable_text(text: str) -> None:
    assert read_client_batch_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("  ", id="blank"),
        pytest.param("a\nb", id="two lines"),
        pytest.param("a\x00", id="a null"),
        pytest.param("x" * 256, id="too long"),
    ],
)
def test_what_names_no_batch_is_refused(text: str | None) -> None:
    with pytest.raises(ClientBatchIdInvalid) as refused:
        read_client_batch_id(text)

    assert str(refused.value) == (
        'the field "client_batch_id" must hold 1 to 255 printable characters, the same in every '
        "chunk of one batch"
    )
