"""From the service's answers to HTTP replies.

One function builds the headers that 200, 206, 304 and HEAD have in common.
"""

import hashlib
import json
import time
from functools import lru_cache, partial
from urllib.parse import quote

from imgproxy_py.engine.meta import describe
from imgproxy_py.engine.receipt import HEADER as RECEIPT
from imgproxy_py.service.cache_use import MISS
from imgproxy_py.service.response import ImageAnswer, MetaAnswer, SourceAnswer
from imgproxy_py.web.cache_headers import NO_STORE, Headers, source_cache_control, vary
from imgproxy_py.web.cache_status import cache_status
from imgproxy_py.web.cache_tags import tag_headers
from imgproxy_py.web.client_hints import UNHINTED, Hinted
from imgproxy_py.web.conditional import (
    NO_CONDITIONS,
    Conditions,
    http_date,
    is_not_modified,
    part_asked_for,
)
from imgproxy_py.web.kept_heads import Head, KeptHeads
from imgproxy_py.web.reply import SAFE_HEADERS, Reply, written
from imgproxy_py.web.warning import warning_headers

_heads = KeptHeads()


def image_reply(
    answer: ImageAnswer,
    conditions: Conditions,
    *,
    hinted: Hinted = UNHINTED,
    may_vary: bool = True,
    now: float | None = None,
) -> Reply:
    """200, 206 or 304 for an image; raises PreconditionFailed and RangeNotSatisfiable.

    `may_vary` is false under a result's own URL: there it is what it is, whatever `Accept` says.
    `now` is in Unix seconds.
    """
    now = time.time() if now is None else now
    etag, modified_at = answer.record.etag, _modified_at(answer, now)
    make = partial(_head, answer, hinted=hinted, may_vary=may_vary, now=now)
    head = _heads.of(answer, hinted.varies, hinted.is_open, may_vary, now=now, make=make)
    if is_not_modified(conditions, etag=etag, modified_at=modified_at):
        return Reply(status=304, headers=head.headers, lines=head.lines)
    headers = (*head.headers, ("Content-Type", answer.record.media_type))
    part = part_asked_for(conditions, etag=etag, total_bytes=len(answer.data))
    if part is None:
        return Reply(status=200, headers=headers, lines=head.typed_lines, body=answer.data)
    content_range = f"bytes {part.start}-{part.end - 1}/{len(answer.data)}"
    return Reply(
        status=206,
        headers=(*headers, ("Content-Range", content_range)),
        body=answer.data[part.start : part.end],
    )


def _head(answer: ImageAnswer, *, hinted: Hinted, may_vary: bool, now: float) -> Head:
    headers = image_headers(answer, hinted=hinted, may_vary=may_vary, now=now)
    lines = written(headers)
    of_type = written((("Content-Type", answer.record.media_type),))
    return Head(headers=headers, lines=lines, typed_lines=lines + of_type)


def image_headers(
    answer: ImageAnswer, *, hinted: Hinted = UNHINTED, may_vary: bool = True, now: float
) -> Headers:
    """What 200, 206, 304 and HEAD have in common. `Date` is added where they leave."""
    record = answer.record
    negotiated = ("Accept",) if record.negotiated and may_vary else ()
    receipt: Headers = ((RECEIPT, record.receipt_text),) if record.receipt_text else ()
    return (
        ("ETag", record.etag),
        ("Last-Modified", http_date(_modified_at(answer, now))),
        ("Cache-Control", source_cache_control(answer, now=now)),
        *vary((*negotiated, *hinted.varies)),
        *hinted.headers,
        ("Accept-Ranges", "bytes"),
        ("Content-Disposition", content_disposition(record.filename, record.extension)),
        ("Cache-Status", image_cache_status(answer, now=now)),
        *tag_headers(record),
        *receipt,
        *server_timing(answer.timings_ms),
        *warning_headers(answer.warnings),
        *SAFE_HEADERS,
    )


def image_cache_status(answer: ImageAnswer, *, now: float) -> str:
    """`ttl` is told of what is stored, where its origin lets it be used unasked."""
    freshness = answer.freshness
    has_lifetime = answer.is_stored and not freshness.is_no_cache
    return cache_status(
        answer.cache,
        ttl_seconds=freshness.fresh_until - now if has_lifetime else None,
        # What was found there was stored by another request.
        is_stored=answer.is_stored and (answer.is_made or answer.cache.is_collapsed),
    )


def result_redirect(answer: ImageAnswer) -> Reply:
    """303 to the stored result; warnings belong to this request, so they stand here."""
    return redirect(
        f"/results/{answer.record.result_id}",
        answer.warnings,
        told=image_cache_status(answer, now=time.time()),
    )


def redirect(
    location: str, warnings: tuple[str, ...] = (), *, told: str = cache_status(MISS)
) -> Reply:
    """303 See Other with an empty body (`curl -XPOST -I -L` reads none). `told` is its
    `Cache-Status`."""
    return Reply(
        status=303,
        headers=(
            ("Location", location),
            ("Cache-Control", NO_STORE),
            ("Cache-Status", told),
            *warning_headers(warnings),
            *SAFE_HEADERS,
        ),
    )


def source_reply(answer: SourceAnswer) -> Reply:
    """The deadline's last resort: a redirect to the source, or the upload as it came."""
    told = cache_status(MISS, detail="deadline")
    if answer.source_url is not None:
        return redirect(answer.source_url, answer.warnings, told=told)
    return Reply(
        status=200,
        headers=(
            ("Content-Type", answer.media_type),
            ("Cache-Control", NO_STORE),
            ("Cache-Status", told),
            *warning_headers(answer.warnings),
            *SAFE_HEADERS,
        ),
        body=answer.data,
    )


def meta_reply(answer: MetaAnswer, conditions: Conditions = NO_CONDITIONS) -> Reply:
    """200 or 304 for the facts of a source; a range of them is of no use to anybody."""
    body = json.dumps(describe(answer.meta)).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = (
        ("ETag", etag),
        ("Cache-Control", source_cache_control(answer, now=time.time())),
        *server_timing(answer.timings_ms),
        *warning_headers(answer.warnings),
        *SAFE_HEADERS,
    )
    if is_not_modified(conditions, etag=etag, modified_at=None):
        return Reply(status=304, headers=headers)
    return Reply(status=200, headers=(*headers, ("Content-Type", "application/json")), body=body)


@lru_cache(maxsize=2048)
def content_disposition(name: str, extension: str) -> str:
    """Shown in the page, saved under the source's name (RFC 6266, RFC 8187)."""
    return f"inline; filename*=UTF-8''{quote(f'{name}.{extension}', safe='')}"


def server_timing(timings_ms: dict[str, float]) -> Headers:
    """Server-Timing (W3C): wall milliseconds by stage."""
    if not timings_ms:
        return ()
    stages = ", ".join(f"{name};dur={took:.1f}" for name, took in timings_ms.items())
    return (("Server-Timing", stages),)


def _modified_at(answer: ImageAnswer, now: float) -> float:
    """When the result was made, by our clock and not the origin's; another machine's clock may be
    ahead, and RFC 9110, 8.8.2.1, allows no date that is later than `Date`."""
    return min(answer.record.created_at.timestamp(), now)
