"""The body of an API call: fields and files, in any of three encodings, as one value.

    multipart/form-data                  fields and files
    application/x-www-form-urlencoded    fields
    application/json                     one object of texts, numbers, true, false and null

Files go to disk as they arrive; everything is read under limits of size and of time.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from imgproxy_py.sources.parameters import read_parameters
from imgproxy_py.sources.pour import pour
from imgproxy_py.sources.upload import receive_batch
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.form import JSON, MULTIPART, URLENCODED, ApiForm
from imgproxy_py.web.errors import BodyInvalid, BodyTooLarge, BodyTypeUnknown

# A source URL of the greatest length with every character escaped, and room for the other fields.
MAX_TEXT_BYTES = 64 * 1024
MAX_TEXT_FIELDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """How much may be sent, where it goes, and how long the client may take."""

    spool_directory: Path
    max_source_bytes: int
    idle_timeout_seconds: float
    total_timeout_seconds: float


async def read_form(call: ApiCall, *, limits: BodyLimits, max_files: int = 1) -> ApiForm:
    """Raises BodyInvalid, BodyTooLarge, BodyTypeUnknown, and what uploads raise."""
    media_type, _ = read_parameters(call.head.content_type or "")
    if media_type == MULTIPART:
        return await _read_multipart(call, limits, max_files)
    if media_type == URLENCODED:
        body = await _read_text(call, limits)
        return ApiForm(fields=_urlencoded(body), media_type=media_type)
    if media_type == JSON:
        return ApiForm(fields=_json(await _read_text(call, limits)), media_type=media_type)
    raise BodyTypeUnknown(media_type)


async def _read_multipart(call: ApiCall, limits: BodyLimits, max_files: int) -> ApiForm:
    batch = await receive_batch(
        call.incoming.chunks(),
        content_type=call.head.content_type,
        content_length=call.head.content_length,
        max_files=max_files,
        spool_directory=limits.spool_directory,
        max_source_bytes=limits.max_source_bytes,
        idle_timeout_seconds=limits.idle_timeout_seconds,
        total_timeout_seconds=limits.total_timeout_seconds,
    )
    return ApiForm(fields=batch.fields, files=batch.files)


async def _read_text(call: ApiCall, limits: BodyLimits) -> bytes:
    body = bytearray()

    def take(data: bytes) -> None:
        body.extend(data)
        if len(body) > MAX_TEXT_BYTES:
            raise BodyTooLarge(max_bytes=MAX_TEXT_BYTES)

    if (call.head.content_length or 0) > MAX_TEXT_BYTES:
        raise BodyTooLarge(max_bytes=MAX_TEXT_BYTES)
    await pour(
        call.incoming.chunks(),
        take,
        idle_timeout_seconds=limits.idle_timeout_seconds,
        total_timeout_seconds=limits.total_timeout_seconds,
    )
    return bytes(body)


def _urlencoded(body: bytes) -> dict[str, str]:
    """Of a repeated field the last counts, as in the other encodings."""
    try:
        text = body.decode("utf-8")
        return dict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_TEXT_FIELDS, errors="strict")
        )
    except UnicodeDecodeError as error:
        raise BodyInvalid(
            "the form is not UTF-8; a picture is sent as multipart/form-data"
        ) from error
    except ValueError as error:
        raise BodyInvalid(f"a form may have at most {MAX_TEXT_FIELDS} fields") from error


def _json(body: bytes) -> dict[str, str]:
    try:
        given = json.loads(body, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid("the body is not valid JSON") from error
    if not isinstance(given, dict):
        raise BodyInvalid('the JSON must be an object, such as {"url": "https://…"}')
    if len(given) > MAX_TEXT_FIELDS:
        raise BodyInvalid(f"the JSON may have at most {MAX_TEXT_FIELDS} members")
    return {name: _text(name, value) for name, value in given.items() if value is not None}


def _text(name: str, value: object) -> str:
    """A JSON value as a form would have it; numbers have stayed texts all the way."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    kind = "an array" if isinstance(value, list) else "an object"
    raise BodyInvalid(f"{json.dumps(name[:50])} is a text, a number, true or false, not {kind}")


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
