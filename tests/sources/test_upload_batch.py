"""Batches: many files in one form, each with its own fate."""

import gc
import os
from pathlib import Path

import pytest

from imgproxy_py.sources.errors import SourceTooLarge, UploadMalformed, UploadTooMany
from imgproxy_py.sources.upload import FORM_IN_MEMORY_BYTES, receive_batch
from tests.sources.forms import FORM, PICTURE, chunks_of, form, part


async def test_a_batch_keeps_every_file_in_order_and_the_bad_ones_with_their_reason(
    tmp_path: Path,
) -> None:
    body = form(
        part('form-data; name="client_batch_id"', b"b1"),
        part('form-data; name="files[]"; filename="../1.png"', b"one"),
        part('form-data; name="files[]"; filename="2.png"', b"x" * 101),
        part('form-data; name="other"; filename="3.png"', b""),
        part('form-data; name="file"; filename="4.png"', b"four"),
    )
    batch = await receive_batch(
        chunks_of(body, 10),
        content_type=FORM,
        max_files=4,
        spool_directory=tmp_path,
        max_source_bytes=100,
    )

    assert [file.filename for file in batch.files] == ["1.png", "2.png", "3.png", "4.png"]
    assert [file.spool.is_complete for file in batch.files] == [True, False, True, True]
    assert isinstance(batch.files[1].spool.failure, SourceTooLarge)
    assert batch.files[3].spool.read() == b"four"
    assert batch.fields == {"client_batch_id": "b1"}
    for file in batch.files:
        file.spool.close()


@pytest.mark.parametrize(
    ("content_length", "is_in_memory"),
    [(FORM_IN_MEMORY_BYTES, True), (FORM_IN_MEMORY_BYTES + 1, False), (None, False)],
)
async def test_the_files_of_a_small_form_stay_in_memory(
    tmp_path: Path, content_length: int | None, is_in_memory: bool
) -> None:
    batch = await receive_batch(
        chunks_of(form(part('form-data; name="f"; filename="1.png"', b"one"))),
        content_type=FORM,
        content_length=content_length,
        max_files=2,
        spool_directory=tmp_path,
        max_source_bytes=100,
    )

    [file] = batch.files
    with file.spool as spool:
        assert spool.read() == b"one"
        # memfd_create(2): its files are seen as /memfd:NAME.
        place = os.readlink(f"/proc/self/fd/{spool.fileno()}")
        assert place.startswith("/memfd:") == is_in_memory


async def test_a_batch_of_too_many_files_takes_none(tmp_path: Path) -> None:
    files = [part(f'form-data; name="f"; filename="{number}.png"', b"x") for number in range(3)]
    with pytest.raises(UploadTooMany, match="at most 2 files"):
        await receive_batch(
            chunks_of(form(*files)),
            content_type=FORM,
            max_files=2,
            spool_directory=tmp_path,
            max_source_bytes=100,
        )
    gc.collect()


async def test_a_batch_must_be_a_form(tmp_path: Path) -> None:
    with pytest.raises(UploadMalformed, match="as multipart/form-data"):
        await receive_batch(
            chunks_of(PICTURE),
            content_type="image/png",
            max_files=2,
            spool_directory=tmp_path,
            max_source_bytes=100,
        )
