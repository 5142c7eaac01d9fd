"""The JSON that tinify clients send: where a picture is, or what is to become of one."""

import json
from typing import Any

from imgproxy_py.sources.pour import pour
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.field_values import clean
from imgproxy_py.web.errors import BodyInvalid, SourceMissing

# A source URL of the greatest length with every character escaped, and room for commands.
MAX_BYTES = 64 * 1024


async def read_json(call: ApiCall, limits: BodyLimits) -> dict[str, Any]:
    """The object in the body, whatever its label; an empty one without a body. BodyInvalid."""
    body = bytearray()

    def take(data: bytes) -> None:
        body.extend(data)
        if len(body) > MAX_BYTES:
            raise BodyInvalid(f"the JSON has more than {MAX_BYTES} bytes")

    await pour(
        call.incoming.chunks(),
        take,
        idle_timeout_seconds=limits.idle_timeout_seconds,
        total_timeout_seconds=limits.total_timeout_seconds,
    )
    if not body.strip():
        return {}
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid("the body is not valid JSON") from error
    if not isinstance(given, dict):
        raise BodyInvalid("the JSON must be an object")
    return given


def source_url_in(given: dict[str, Any]) -> str:
    """The URL in `{"source": {"url": …}}`; SourceMissing where there is none, and FieldInvalid for
    what is no text."""
    source = given.get("source")
    url = source.get("url") if isinstance(source, dict) else None
    if not isinstance(url, str) or not url.strip():
        raise SourceMissing(
            'the JSON names no picture: send {"source": {"url": "https://..."}}, or the picture '
            "itself as the body"
        )
    return clean("source.url", url)
