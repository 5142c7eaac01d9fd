"""What an origin's answer says of a source: validators, tags, and how long it may be used.

Reading headers only; nothing here asks anybody.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from imgproxy_py.sources.fetched import Fetched
from imgproxy_py.sources.patterns import SourcePattern
from imgproxy_py.sources.url import read_source_url
from imgproxy_py.store.freshness import YEAR_SECONDS, Freshness
from imgproxy_py.store.judging import judge, revalidated
from imgproxy_py.store.key import without_user_info
from imgproxy_py.store.records import SourceRecord

# All of it stands in the record of every result.
MAX_TAGS = 32
MAX_TAG_LENGTH = 128
MAX_VALIDATOR_LENGTH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ttls:
    """`default_seconds` is the freshness of what its origin says nothing about, `max_seconds` the
    most that an origin's word counts for."""

    default_seconds: int
    max_seconds: int = YEAR_SECONDS


def freshness_of(url: str, fetched: Fetched, *, requested_at: float, ttls: Ttls) -> Freshness:
    """How long what came from `url` may be used; `requested_at` in Unix seconds."""
    said = _said(url, fetched, requested_at=requested_at, ttls=ttls)
    return _as_led_to(said, fetched, requested_at)


def new_record(
    url: str, fetched: Fetched, freshness: Freshness, *, requested_at: float
) -> SourceRecord:
    """What to remember of a source; only once it has arrived."""
    headers = fetched.headers
    return SourceRecord(
        url=without_user_info(url),
        sha256=fetched.spool.sha256,
        bytes=fetched.spool.bytes_written,
        media_type=headers.get("content-type", ""),
        freshness=freshness,
        fetched_at=datetime.fromtimestamp(requested_at, UTC),
        etag=_bounded(headers.get("etag")),
        last_modified=_bounded(headers.get("last-modified")),
        tags=tags_of(headers),
        final_url=fetched.url,
    )


def renewed(
    record: SourceRecord, url: str, fetched: Fetched, *, requested_at: float, ttls: Ttls
) -> SourceRecord:
    """The record after a 304: what that says replaces what was known (RFC 9111, section 3.2)."""
    headers = fetched.headers
    said = _said(url, fetched, requested_at=requested_at, ttls=ttls)
    freshness = revalidated(record.freshness, said, headers)
    return replace(
        record,
        freshness=_as_led_to(freshness, fetched, requested_at),
        fetched_at=datetime.fromtimestamp(requested_at, UTC),
        etag=_bounded(headers.get("etag")) or record.etag,
        last_modified=_bounded(headers.get("last-modified")) or record.last_modified,
        tags=tags_of(headers) or record.tags,
    )


def validators_of(record: SourceRecord) -> dict[str, str]:
    """The origin's own validators, as it gave them (RFC 9110, section 13.1)."""
    named = {"If-None-Match": record.etag, "If-Modified-Since": record.last_modified}
    return {name: value for name, value in named.items() if value}


def is_of(record: SourceRecord, fetched: Fetched) -> bool:
    """Whether a 304 speaks of what the record holds, compared weakly (RFC 9111, section 4.3.4)."""
    said = fetched.headers.get("etag")
    if said is None or record.etag is None:
        return True
    return said.removeprefix("W/") == record.etag.removeprefix("W/")


def tags_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """`Cache-Tag`, divided by commas, and `Surrogate-Key`, divided by spaces, each tag once."""
    listed = headers.get("cache-tag", "").split(",") + headers.get("surrogate-key", "").split()
    tags = (tag.strip() for tag in listed)
    fitting = (tag for tag in tags if 0 < len(tag) <= MAX_TAG_LENGTH and tag.isprintable())
    return tuple(dict.fromkeys(fitting))[:MAX_TAGS]


def may_be_used(record: SourceRecord, allowed_sources: tuple[SourcePattern, ...]) -> bool:
    """Whether an account that may fetch only `allowed_sources` (empty for all) could have fetched
    it itself: redirects may have led elsewhere for another one."""
    if not allowed_sources or not record.final_url:
        return not allowed_sources
    url = read_source_url(record.final_url)
    return any(pattern.covers_all(url) for pattern in allowed_sources)


def _said(url: str, fetched: Fetched, *, requested_at: float, ttls: Ttls) -> Freshness:
    """By the last answer alone."""
    return judge(
        fetched.headers,
        requested_at=requested_at,
        responded_at=time.time(),
        default_ttl_seconds=ttls.default_seconds,
        max_ttl_seconds=ttls.max_seconds,
        was_authorized=without_user_info(url) != url,
    )


def _as_led_to(freshness: Freshness, fetched: Fetched, requested_at: float) -> Freshness:
    """A redirect counts as well where it says something of caching: the next one may lead to
    another picture. A cookie beside it is not the picture's."""
    for passed in fetched.passed:
        if "cache-control" in passed or "expires" in passed:
            led = judge(
                {name: value for name, value in passed.items() if name != "set-cookie"},
                requested_at=requested_at,
                responded_at=time.time(),
                default_ttl_seconds=YEAR_SECONDS,
            )
            freshness = freshness.within(led)
    return freshness


def _bounded(validator: str | None) -> str | None:
    return validator if validator and len(validator) <= MAX_VALIDATOR_LENGTH else None
