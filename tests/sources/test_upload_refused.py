"""Uploads that are refused, with the reason, and with nothing left open."""

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.sources.errors import (
    SourceError,
    SourceTooLarge,
    UploadEmpty,
    UploadMalformed,
    UploadMissing,
    UploadTimeout,
)
from imgproxy_py.sources.upload import Upload, receive_upload
from tests.sources.forms import FILE, FORM, PICTURE, chunks_of, form, part


@pytest.mark.parametrize(
    ("body", "content_type", "error", "message"),
    [
        pytest.param(b"", None, UploadEmpty, "the request has no body", id="nothing"),
        pytest.param(b"", FORM, UploadEmpty, "the request has no body", id="no form"),
        pytest.param(
            form(part(FILE, b"")),
            FORM,
            UploadEmpty,
            "the uploaded file is empty",
            id="an empty file",
        ),
        pytest.param(
            form(part('form-data; name="x"')), FORM, UploadMissing, 'the field "file"', id="no file"
        ),
        pytest.param(b"--XXX--\r\n", FORM, UploadMalformed, "no parts", id="a form of nothing"),
        pytest.param(
            form(part(FILE))[:-12], FORM, UploadMalformed, "before the file", id="cut in the file"
        ),
        pytest.param(
            form(part(FILE))[:60], FORM, UploadMissing, "holds no file", id="cut in the headers"
        ),
        pytest.param(
            form(part(FILE)),
            "multipart/form-data; boundary=YYY",
            UploadMalformed,
            "not valid multipart",
            id="another boundary",
        ),
        pytest.param(
            form(part(FILE)),
            "multipart/form-data",
            UploadMalformed,
            "no boundary",
            id="no boundary",
        ),
        pytest.param(
            form(part(FILE)),
            f"multipart/form-data; boundary={'X' * 300}",
            UploadMalformed,
            "boundary cannot be used",
            id="an endless boundary",
        ),
        pytest.param(
            form(part(FILE)),
            "multipart/form-data; boundary=\u4e2d",
            UploadMalformed,
            "boundary cannot be used",
            id="a boundary in no alphabet",
        ),
        pytest.param(
            form(part(FILE, PICTURE, "X: " + "x" * 4096)),
            FORM,
            UploadMalformed,
            "a header of a part of the form has more than 4096 bytes; a file's name stands there",
            id="a huge header",
        ),
        pytest.param(
            form(part(FILE, PICTURE, *["X: 1"] * 16)),
            FORM,
            UploadMalformed,
            "a part of a form may have at most 16 headers",
            id="many headers",
        ),
        pytest.param(
            form(*[part('form-data; name="x"', b"")] * 1001),
            FORM,
            UploadMalformed,
            "at most 1000 parts",
            id="many parts",
        ),
        pytest.param(
            form(part('form-data; name="x"', b"x" * 65_537)),
            FORM,
            UploadMalformed,
            "text fields are too long",
            id="a huge field",
        ),
        pytest.param(
            form(*[part('form-data; name="x"', b"x" * 60_000)] * 20),
            FORM,
            UploadMalformed,
            "text fields are too long",
            id="many large fields",
        ),
        pytest.param(
            form(part(FILE, PICTURE, "Content-Transfer-Encoding: base64")),
            FORM,
            UploadMalformed,
            "without an encoding",
            id="base64",
        ),
        pytest.param(b"x" * 100_001, None, SourceTooLarge, "at most 100000", id="a large body"),
        pytest.param(
            form(part(FILE, b"x" * 100_001)),
            FORM,
            SourceTooLarge,
            "at most 100000",
            id="a large file",
        ),
        pytest.param(
            form(part(FILE), part('form-data; name="b"; filename="b"', b"x" * 3_000_000)),
            FORM,
            SourceTooLarge,
            "at most 100000",
            id="a large file that nobody asked for",
        ),
    ],
)
async def test_an_unusable_upload_is_refused_and_leaves_nothing_open(
    tmp_path: Path, body: bytes, content_type: str | None, error: type[SourceError], message: str
) -> None:
    for content_length in (len(body), None):
        with pytest.raises(error, match=message):
            await receive_upload(
                chunks_of(body),
                content_type=content_type,
                content_length=content_length,
                spool_directory=tmp_path,
                max_source_bytes=100_000,
            )
    gc.collect()  # a spool that was left open would complain, and fail this test


async def test_a_body_announced_too_large_is_refused_unread(tmp_path: Path) -> None:
    was_read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal was_read
        was_read = True
        yield b"x"

    with pytest.raises(SourceTooLarge, match="this one is 100001 bytes"):
        await receive_upload(
            body(),
            content_type=None,
            content_length=100_001,
            spool_directory=tmp_path,
            max_source_bytes=100_000,
        )

    assert not was_read


@pytest.mark.parametrize("content_type", [FORM, None])
async def test_a_client_that_goes_away_is_heard_of(
    tmp_path: Path, content_type: str | None
) -> None:
    async def leaving() -> AsyncIterator[bytes]:
        yield form(part(FILE))[:200]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await receive_upload(
            leaving(),
            content_type=content_type,
            content_length=None,
            spool_directory=tmp_path,
            max_source_bytes=100_000,
        )
    gc.collect()


async def test_a_client_that_falls_silent_is_given_up_and_a_steady_one_is_not(
    tmp_path: Path,
) -> None:
    async def slow(pause_seconds: float) -> AsyncIterator[bytes]:
        for byte in b"abcd":
            await asyncio.sleep(pause_seconds)
            yield bytes([byte])

    async def upload(pause_seconds: float) -> Upload:
        return await receive_upload(
            slow(pause_seconds),
            content_type=None,
            content_length=None,
            spool_directory=tmp_path,
            max_source_bytes=100_000,
            idle_timeout_seconds=1.0,
        )

    with (await upload(0.3)).spool as spool:
        assert spool.read() == b"abcd"
    with pytest.raises(UploadTimeout, match="the upload stopped before it was complete"):
        await upload(60)


@pytest.mark.parametrize("content_type", [FORM, None])
async def test_a_steady_client_is_given_up_when_the_whole_takes_too_long(
    tmp_path: Path, content_type: str | None
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield form(part(FILE))[:200]
        while True:
            await asyncio.sleep(0.02)
            yield b"x"

    with pytest.raises(UploadTimeout, match=r"the upload took longer than 0\.2 s"):
        await receive_upload(
            endless(),
            content_type=content_type,
            content_length=None,
            spool_directory=tmp_path,
            max_source_bytes=100_000,
            idle_timeout_seconds=5,
            total_timeout_seconds=0.2,
        )
    gc.collect()
