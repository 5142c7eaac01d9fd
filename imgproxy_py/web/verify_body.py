"""What `POST /api/v1/verify` is sent: two pictures and a receipt, as a form or as JSON."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from imgproxy_py.engine.receipt import MAX_CHARACTERS
from imgproxy_py.sources.parameters import read_parameters
from imgproxy_py.sources.pour import pour
from imgproxy_py.sources.spool import Spool
from imgproxy_py.sources.upload import UploadBatch, receive_batch
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.errors import BodyInvalid

# Two URLs and a receipt, with room for escapes.
MAX_JSON_BYTES = 64 * 1024
# A receipt may be sent as a file too: curl's `-F receipt=@headers.txt`.
_MAX_FILES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyBody:
    """A picture is a complete spool or a URL. Whoever holds this value closes it."""

    source: Spool | str
    result: Spool | str
    receipt: str
    spools: tuple[Spool, ...] = ()

    def close(self) -> None:
        for spool in self.spools:
            spool.close()


async def read_body(
    chunks: AsyncIterator[bytes], *, content_type: str | None, limits: BodyLimits
) -> VerifyBody:
    """Raises BodyInvalid, and what uploads raise."""
    kind, _ = read_parameters(content_type or "")
    if kind == "application/json":
        return await _read_json(chunks, limits)
    if kind != "multipart/form-data":
        raise BodyInvalid(
            "send source, result and receipt as multipart/form-data or as application/json"
        )
    batch = await receive_batch(
        chunks,
        content_type=content_type,
        max_files=_MAX_FILES,
        spool_directory=limits.spool_directory,
        max_source_bytes=limits.max_source_bytes,
        idle_timeout_seconds=limits.idle_timeout_seconds,
        total_timeout_seconds=limits.total_timeout_seconds,
    )
    try:
        return _of_form(batch)
    except BaseException:
        for upload in batch.files:
            upload.spool.close()
        raise


def _of_form(batch: UploadBatch) -> VerifyBody:
    files = {upload.field_name: upload.spool for upload in batch.files}
    for spool in files.values():
        if spool.failure is not None:
            raise spool.failure
    given: dict[str, Spool | str] = {**batch.fields, **files}
    receipt = given.get("receipt")
    return VerifyBody(
        source=_picture(given, "source"),
        result=_picture(given, "result"),
        receipt=_text(receipt) if isinstance(receipt, Spool) else _word(given, "receipt"),
        spools=tuple(upload.spool for upload in batch.files),
    )


async def _read_json(chunks: AsyncIterator[bytes], limits: BodyLimits) -> VerifyBody:
    body = bytearray()

    def take(data: bytes) -> None:
        body.extend(data)
        if len(body) > MAX_JSON_BYTES:
            raise BodyInvalid(f"the JSON has more than {MAX_JSON_BYTES} bytes")

    await pour(
        chunks,
        take,
        idle_timeout_seconds=limits.idle_timeout_seconds,
        total_timeout_seconds=limits.total_timeout_seconds,
    )
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid("the body is not valid JSON") from error
    if not isinstance(given, dict):
        raise BodyInvalid('the JSON must be an object with "source", "result" and "receipt"')
    return VerifyBody(
        source=_word(given, "source"),
        result=_word(given, "result"),
        receipt=_word(given, "receipt"),
    )


def _picture(given: Mapping[str, Spool | str], name: str) -> Spool | str:
    picture = given.get(name)
    if not isinstance(picture, Spool):
        return _word(given, name)
    if picture.bytes_written == 0:
        raise BodyInvalid(f'the file in "{name}" is empty')
    return picture


def _word(given: Mapping[str, object], name: str) -> str:
    text = given.get(name)
    if not isinstance(text, str) or not text.strip():
        missing = "the receipt's text" if name == "receipt" else "a picture, as a file or a URL"
        raise BodyInvalid(f'"{name}" is missing: {missing}')
    return text.strip()


def _text(spool: Spool) -> str:
    return spool.head(MAX_CHARACTERS + 1).decode("utf-8", "replace")
