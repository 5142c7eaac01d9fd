"""From the service's answers to HTTP replies.

One function builds the headers that 200, 206, 304 and HEAD have in common.
"""

import json
import time
from urllib.parse import quote

from imgproxy_py.engine.meta import describe
from imgproxy_py.engine.receipt import HEADER as RECEIPT
from imgproxy_py.service.response import ImageAnswer, MetaAnswer, SourceAnswer
from imgproxy_py.web.conditional import (
    Conditions,
    http_date,
    is_not_modified,
    part_asked_for,
)
from imgproxy_py.web.reply import SAFE_HEADERS, Reply
from imgproxy_py.web.warning import warning_headers

Headers = tuple[tuple[str, str], ...]


def image_reply(answer: ImageAnswer, conditions: Conditions, *, now: float | None = None) -> Reply:
    """200, 206 or 304 for an image; raises RangeNotSatisfiable."""
    record = answer.record
    etag, modified_at = record.etag, record.created_at.timestamp()
    headers = image_headers(answer, now=time.time() if now is None else now)
    if is_not_modified(conditions, etag=etag, modified_at=modified_at):
        return Reply(status=304, headers=headers)
    headers = (*headers, ("Content-Type", record.media_type))
    part = part_asked_for(
        conditions, etag=etag, modified_at=modified_at, total_bytes=len(answer.data)
    )
    if part is None:
        return Reply(status=200, headers=headers, body=answer.data)
    content_range = f"bytes {part.start}-{part.end - 1}/{len(answer.data)}"
    return Reply(
        status=206,
        headers=(*headers, ("Content-Range", content_range)),
        body=answer.data[part.start : part.end],
    )


def image_headers(answer: ImageAnswer, *, now: float) -> Headers:
    """What 200, 206, 304 and HEAD have in common."""
    record = answer.record
    negotiated: Headers = (("Vary", "Accept"),) if record.negotiated else ()
    receipt: Headers = ((RECEIPT, record.receipt_text),) if record.receipt_text else ()
    return (
        ("ETag", record.etag),
        ("Last-Modified", http_date(record.created_at.timestamp())),
        (
            "Cache-Control",
            answer.freshness.cache_control(now, is_provisional=record.is_provisional),
        ),
        *negotiated,
        ("Accept-Ranges", "bytes"),
        ("Content-Disposition", content_disposition(record.filename, record.extension)),
        ("Cache-Status", cache_status(answer)),
        *receipt,
        *server_timing(answer.timings_ms),
        *warning_headers(answer.warnings),
        *SAFE_HEADERS,
    )


def result_redirect(answer: ImageAnswer) -> Reply:
    """303 to the stored result; warnings belong to this request, so they stand here."""
    return redirect(f"/results/{answer.record.result_id}", answer.warnings)


def redirect(location: str, warnings: tuple[str, ...] = ()) -> Reply:
    """303 See Other with an empty body (`curl -XPOST -I -L` reads none)."""
    return Reply(
        status=303,
        headers=(
            ("Location", location),
            ("Cache-Control", "no-store"),
            *warning_headers(warnings),
            *SAFE_HEADERS,
        ),
    )


def source_reply(answer: SourceAnswer) -> Reply:
    """The deadline's last resort: a redirect to the source, or the upload as it came."""
    if answer.source_url is not None:
        return redirect(answer.source_url, answer.warnings)
    return Reply(
        status=200,
        headers=(
            ("Content-Type", answer.media_type),
            ("Cache-Control", "no-store"),
            *warning_headers(answer.warnings),
            *SAFE_HEADERS,
        ),
        body=answer.data,
    )


def meta_reply(answer: MetaAnswer) -> Reply:
    body = json.dumps(describe(answer.meta)).encode()
    return Reply(
        status=200,
        headers=(
            ("Content-Type", "application/json"),
            ("Cache-Control", answer.freshness.cache_control(time.time())),
            *server_timing(answer.timings_ms),
            *warning_headers(answer.warnings),
            *SAFE_HEADERS,
        ),
        body=body,
    )


def content_disposition(name: str, extension: str) -> str:
    """Shown in the page, saved under the source's name (RFC 6266, RFC 8187)."""
    return f"inline; filename*=UTF-8''{quote(f'{name}.{extension}', safe='')}"


def cache_status(answer: ImageAnswer) -> str:
    """RFC 9211: what our own result store did."""
    cache = answer.cache
    if cache.forward is None:
        return "imgproxy-py; hit"
    told = f"imgproxy-py; fwd={cache.forward.value}"
    if cache.origin_status is not None:
        told += f"; fwd-status={cache.origin_status}"
    told += "; stored" if answer.is_stored else ""
    return told + ("; collapsed" if cache.is_collapsed else "")


def server_timing(timings_ms: dict[str, float]) -> Headers:
    """Server-Timing (W3C): wall milliseconds by stage."""
    if not timings_ms:
        return ()
    stages = ", ".join(f"{name};dur={took:.1f}" for name, took in timings_ms.items())
    return (("Server-Timing", stages),)
