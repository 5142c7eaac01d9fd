"""Uploads between the store and a spool: the same bytes, or an error that says what to do."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imgproxy_py.jobs.errors import UploadLost
from imgproxy_py.jobs.job import Job, JobOrder
from imgproxy_py.jobs.upload_packs import Pack
from imgproxy_py.jobs.uploads import GROUP_BYTES, SMALL_BYTES, Uploads, placed
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.key import UPLOADS
from tests.jobs.making import Clock, job_of, spool_of

BATCH = "b" * 32


@pytest.fixture(params=["file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    is_file = request.param == "file"
    return BlobStore((tmp_path / "results").as_uri() if is_file else "memory://")


@pytest.fixture
def uploads(blobs: BlobStore, tmp_path: Path) -> Uploads:
    return Uploads(blobs, spool_directory=tmp_path)


async def stored(uploads: Uploads, directory: Path, data: bytes) -> Job:
    with spool_of(directory, data) as spool:
        order = JobOrder(options="full", upload_sha256=spool.sha256, upload_bytes=len(data))
        job = job_of("a" * 32, Clock(), order=order)
        await uploads.put([job], {job.id: spool})
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


async def chunk_of(
    uploads: Uploads, directory: Path, texts: Sequence[bytes], batch_id: str | None = BATCH
) -> list[Job]:
    """Stored; without a batch, as single jobs."""
    jobs, spools = [], {}
    with ExitStack() as stack:
        for number, text in enumerate(texts):
            spool = stack.enter_context(spool_of(directory, text))
            order = JobOrder(options="full", upload_sha256=spool.sha256, upload_bytes=len(text))
            job = job_of("a" * 32, Clock(), order=order, batch_id=batch_id, number=number)
            jobs.append(job)
            spools[job.id] = spool
        jobs = placed(jobs)
        await uploads.put(jobs, spools)
        return jobs


@pytest.mark.parametrize("batch_id", [None, BATCH])
@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([100, 1, 2, 7], id="a few bytes"),
        pytest.param([SMALL_BYTES, SMALL_BYTES - 1] * 9, id="more than one group"),
        pytest.param([10, SMALL_BYTES + 1, 10, 3 * SMALL_BYTES], id="large ones among small ones"),
    ],
)
async def test_uploads_of_one_request_are_kept_apart(
    uploads: Uploads, tmp_path: Path, counts: list[int], batch_id: str | None
) -> None:
    texts = [bytes([number]) * count for number, count in enumerate(counts)]

    jobs = await chunk_of(uploads, tmp_path, texts, batch_id)

    for job, text in zip(jobs, texts, strict=True):
        async with uploads.opened(job) as spool:
            assert spool is not None
            assert spool.read() == text


async def test_small_uploads_of_a_batch_lie_in_one_blob_and_large_ones_alone(
    uploads: Uploads, tmp_path: Path
) -> None:
    large = bytes(SMALL_BYTES + 1)

    jobs = await chunk_of(uploads, tmp_path, [b"a", b"bb", large, b"ccc"])

    pack = jobs[0].order.upload_pack
    assert pack is not None
    assert [job.order.upload_pack for job in jobs] == [pack, pack, None, pack]
    assert {name for name, _ in await uploads.stored()} == {pack, jobs[2].id}
    assert Pack.named(pack) == Pack(name=pack, batch_id=BATCH, first_number=0, last_number=3)


async def test_the_same_request_sent_again_leaves_alone_what_it_stored_first(
    uploads: Uploads, tmp_path: Path
) -> None:
    first = await chunk_of(uploads, tmp_path, [b"first", b"second"])
    await chunk_of(uploads, tmp_path, [b"second", b"first"])

    async with uploads.opened(first[0]) as spool:
        assert spool is not None
        assert spool.read() == b"first"


@pytest.mark.parametrize(
    "name", ["a" * 32, "", f"{'a' * 32}-1-2-", f"../{'a' * 32}-1-2-{'b' * 32}"]
)
def test_other_names_are_not_those_of_packs(name: str) -> None:
    assert Pack.named(name) is None


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
