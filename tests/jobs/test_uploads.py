"""Uploads between the store and a spool: the same bytes, or an error that says what to do."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imgproxy_py.jobs.errors import UploadLost
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.uploads import GROUP_BYTES, SMALL_BYTES, Uploads
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.key import UPLOADS
from tests.jobs.making import Clock, job_of, spool_of


@pytest.fixture(params=["file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    is_file = request.param == "file"
    return BlobStore((tmp_path / "results").as_uri() if is_file else "memory://")


@pytest.fixture
def uploads(blobs: BlobStore, tmp_path: Path) -> Uploads:
    return Uploads(blobs, spool_directory=tmp_path)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def stored(uploads: Uploads, directory: Path, data: bytes) -> Job:
    with spool_of(directory, data) as spool:
        order = JobOrder(options="full", upload_sha256=spool.sha256, upload_bytes=len(data))
        job = job_of("a" * 32, Clock(), order=order)
        await uploads.put([(job.id, spool)])
    return job


@pytest.mark.parametrize("count", [1, SMALL_BYTES, SMALL_BYTES + 1, GROUP_BYTES + 12_345])
async def test_what_is_read_back_is_what_was_uploaded(
    uploads: Uploads, tmp_path: Path, count: int
) -> None:
    data = bytes(range(256)) * (count // 256) + bytes(count % 256)
    job = await stored(uploads, tmp_path, data)

    async with uploads.opened(job) as spool:
        assert spool is not None
        assert (spool.is_complete, spool.read()) == (True, data)


async def test_many_uploads_are_kept_apart(
    uploads: Uploads, tmp_path: Path, stack: AsyncExitStack
) -> None:
    texts = [bytes([number]) * (3 << 20) for number in range(6)]  # more than one group
    spools = [stack.enter_context(spool_of(tmp_path, text)) for text in texts]
    jobs = [
        job_of(
            "a" * 32,
            Clock(),
            order=JobOrder(
                options="full", upload_sha256=spool.sha256, upload_bytes=spool.bytes_written
            ),
        )
        for spool in spools
    ]
    await uploads.put([(job.id, spool) for job, spool in zip(jobs, spools, strict=True)])

    for job, text in zip(jobs, texts, strict=True):
        async with uploads.opened(job) as spool:
            assert spool is not None
            assert spool.read() == text


async def test_a_job_by_url_has_no_upload_to_open(uploads: Uploads) -> None:
    async with uploads.opened(job_of("a" * 32, Clock())) as spool:
        assert spool is None


@pytest.mark.parametrize("count", [10, SMALL_BYTES + 10])
async def test_an_upload_that_is_gone_is_said_to_be(
    uploads: Uploads, tmp_path: Path, count: int
) -> None:
    job = await stored(uploads, tmp_path, bytes(count))
    await uploads.delete([job.id])

    with pytest.raises(UploadLost) as seen:
        async with uploads.opened(job):
            pass

    assert str(seen.value) == "the uploaded picture is no longer in the store; send it again"


@pytest.mark.parametrize("found", [b"", b"other pixel", b"a picture and more"])
async def test_an_upload_that_a_power_cut_left_different_is_not_used(
    uploads: Uploads, blobs: BlobStore, tmp_path: Path, found: bytes
) -> None:
    job = await stored(uploads, tmp_path, b"the picture")
    await blobs.put(f"{UPLOADS}{job.id}", found)

    with pytest.raises(UploadLost):
        async with uploads.opened(job):
            pass


async def test_what_is_stored_is_listed_with_its_age(uploads: Uploads, tmp_path: Path) -> None:
    assert await uploads.stored() == []
    job = await stored(uploads, tmp_path, b"the picture")

    [(job_id, used_at)] = await uploads.stored()

    assert job_id == job.id
    assert abs(datetime.now(UTC) - used_at) < timedelta(minutes=1)


async def test_deleting_what_is_not_there_is_no_error(uploads: Uploads) -> None:
    job = replace(job_of("a" * 32, Clock()))

    await uploads.delete([job.id])
