"""Uploads: a source image in the body of a request, raw or in a form, read to disk as it arrives.

What the label says decides only whether the body is a form. Everything else is a raw image:
curl and PHP label those `application/x-www-form-urlencoded`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from imgproxy_py.sources.errors import (
    SourceTooLarge,
    UploadEmpty,
    UploadMalformed,
    UploadMissing,
)
from imgproxy_py.sources.filename import clean_filename
from imgproxy_py.sources.multipart import FormReader, ReceivedFile
from imgproxy_py.sources.parameters import read_parameters
from imgproxy_py.sources.pour import pour
from imgproxy_py.sources.spool import Spool

# What a form may weigh beside its files: boundaries, headers, text fields, files nobody asked for.
FORM_OVERHEAD_BYTES = 2 * 1024 * 1024
IDLE_TIMEOUT_SECONDS = 30.0
# The files of a form up to this size stay in memory: a file system has more work with the making
# and removing of a small file than with its bytes (ext4 without a journal passes over every inode
# that was freed within the last minute), and fifty of them come in every chunk of a batch.
FORM_IN_MEMORY_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How long a client may pause and how long it may take; None is as long as it likes."""

    idle_seconds: float | None
    total_seconds: float | None

    async def pour(self, chunks: AsyncIterator[bytes], write: Callable[[bytes], None]) -> int:
        return await pour(
            chunks,
            write,
            idle_timeout_seconds=self.idle_seconds,
            total_timeout_seconds=self.total_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One uploaded file. `filename` is cleaned; `media_type` is what the client declared;
    `field_name` is that of its field in a form.

    The spool is complete, except in a batch, where a file that is too large holds its failure.
    Whoever holds this value closes the spool.
    """

    spool: Spool
    filename: str | None = None
    media_type: str | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    field_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadBatch:
    """The files of one form in their order, and its text fields."""

    files: tuple[Upload, ...]
    fields: Mapping[str, str]


async def receive_upload(
    chunks: AsyncIterator[bytes],
    *,
    content_type: str | None,
    content_length: int | None,
    spool_directory: Path,
    max_source_bytes: int,
    idle_timeout_seconds: float | None = IDLE_TIMEOUT_SECONDS,
    total_timeout_seconds: float | None = None,
) -> Upload:
    """Read the one source image out of a request's body.

    Raises UploadEmpty, UploadMissing, UploadMalformed, UploadTimeout, SourceTooLarge; whatever
    `chunks` raises (a client that went away) passes through. Nothing stays behind then.
    """
    boundary = form_boundary(content_type)
    pace = _Pace(idle_seconds=idle_timeout_seconds, total_seconds=total_timeout_seconds)
    _check_length(content_length, max_source_bytes, is_form=boundary is not None)

    def new_spool() -> Spool:
        return Spool(
            spool_directory, max_source_bytes=max_source_bytes, expected_bytes=content_length
        )

    if boundary is None:
        return await _receive_raw(chunks, new_spool(), content_type, pace)
    form = FormReader(boundary, new_spool=new_spool)
    try:
        await _receive_form(chunks, form, max_source_bytes, pace)
        return _single_upload(form)
    except BaseException:
        form.close()
        raise


async def receive_batch(
    chunks: AsyncIterator[bytes],
    *,
    content_type: str | None,
    content_length: int | None = None,
    max_files: int,
    spool_directory: Path,
    max_source_bytes: int,
    idle_timeout_seconds: float | None = IDLE_TIMEOUT_SECONDS,
    total_timeout_seconds: float | None = None,
) -> UploadBatch:
    """Read up to `max_files` source images out of a form, whatever their fields are called.

    UploadTooMany means that nothing was taken. A file without bytes is in the batch; one that is
    too large is there with its failure, so that the others can go on.
    """
    boundary = form_boundary(content_type)
    if boundary is None:
        raise UploadMalformed("a batch must be sent as multipart/form-data")

    is_small = content_length is not None and content_length <= FORM_IN_MEMORY_BYTES

    def new_spool() -> Spool:
        return Spool(
            spool_directory,
            max_source_bytes=max_source_bytes,
            expected_bytes=0 if is_small else None,
        )

    pace = _Pace(idle_seconds=idle_timeout_seconds, total_seconds=total_timeout_seconds)
    form = FormReader(boundary, new_spool=new_spool, max_files=max_files)
    try:
        await _receive_form(chunks, form, max_files * max_source_bytes, pace)
    except BaseException:
        form.close()
        raise
    fields = MappingProxyType(form.fields)
    return UploadBatch(files=tuple(_upload(file, fields) for file in form.files), fields=fields)


def form_boundary(content_type: str | None) -> str | None:
    """The boundary of a form's `Content-Type`, None for a raw body."""
    value, parameters = read_parameters(content_type or "")
    if not value.startswith("multipart/"):
        return None
    boundary = parameters.get("boundary")
    if not boundary:
        raise UploadMalformed("the form's Content-Type names no boundary")
    return boundary


async def _receive_raw(
    chunks: AsyncIterator[bytes], spool: Spool, content_type: str | None, pace: _Pace
) -> Upload:
    try:
        if await pace.pour(chunks, spool.write) == 0:
            raise UploadEmpty("the request has no body: send the source image in it")
    except BaseException:
        spool.close()
        raise
    spool.finish()
    return Upload(spool=spool, media_type=content_type)


async def _receive_form(
    chunks: AsyncIterator[bytes], form: FormReader, max_files_bytes: int, pace: _Pace
) -> None:
    read_bytes = 0

    def write(data: bytes) -> None:
        nonlocal read_bytes
        read_bytes += len(data)
        if read_bytes > max_files_bytes + FORM_OVERHEAD_BYTES:
            raise SourceTooLarge(source_bytes=None, max_source_bytes=max_files_bytes)
        form.write(data)

    if await pace.pour(chunks, write) == 0:
        raise UploadEmpty("the request has no body: send a form with the source image in it")
    form.finish()


def _check_length(content_length: int | None, max_source_bytes: int, *, is_form: bool) -> None:
    """Refuse before a byte is read what its announced length already rules out."""
    overhead = FORM_OVERHEAD_BYTES if is_form else 0
    if content_length is not None and content_length > max_source_bytes + overhead:
        # A form's length is not its file's: that figure would mislead.
        source_bytes = None if is_form else content_length
        raise SourceTooLarge(source_bytes=source_bytes, max_source_bytes=max_source_bytes)


def _single_upload(form: FormReader) -> Upload:
    if not form.files:
        raise UploadMissing('the form holds no file: send the source image as the field "file"')
    upload = _upload(form.files[0], MappingProxyType(form.fields))
    if upload.spool.bytes_written == 0:
        raise UploadEmpty("the uploaded file is empty")
    return upload


def _upload(file: ReceivedFile, fields: Mapping[str, str]) -> Upload:
    return Upload(
        spool=file.spool,
        filename=clean_filename(file.filename),
        media_type=file.media_type,
        fields=fields,
        field_name=file.field,
    )
