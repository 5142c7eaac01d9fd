"""Conditional and partial requests (RFC 9110, sections 13 and 14), decided on plain values."""

import re
from dataclasses import dataclass
from email.utils import formatdate

from imgproxy_py.store.directives import date_seconds
from imgproxy_py.web.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$", re.ASCII)
_ETAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The request headers that decide between 200, 206, 304 and 416."""

    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_range: str | None = None
    range: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `end`, the latter not included."""

    start: int
    end: int


def is_not_modified(conditions: Conditions, *, etag: str, modified_at: float) -> bool:
    """True when the client's copy is good. `If-None-Match` is compared weakly and, when it
    stands there, decides alone (RFC 9110, 13.2.2)."""
    if conditions.if_none_match is not None:
        if conditions.if_none_match.strip() == "*":
            return True
        return etag in _ETAG.findall(conditions.if_none_match)
    if conditions.if_modified_since is not None:
        since = _http_date(conditions.if_modified_since)
        return since is not None and int(modified_at) <= since
    return False


def part_asked_for(
    conditions: Conditions, *, etag: str, modified_at: float, total_bytes: int
) -> Part | None:
    """The single range asked for; None means the whole.

    Several ranges, other units and what cannot be read are answered whole, as RFC 9110, 14.2
    allows. A strong comparison is asked of `If-Range` (13.1.5). Raises RangeNotSatisfiable.
    """
    if conditions.range is None or not _range_applies(conditions.if_range, etag, modified_at):
        return None
    match = _ONE_RANGE.match(conditions.range.strip().lower())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if first == "":
        start, end = max(0, total_bytes - int(last)), total_bytes
    else:
        start, end = int(first), min(int(last) + 1 if last else total_bytes, total_bytes)
        if last and int(last) < start:
            return None  # an invalid range-spec: ignored (14.1.1)
    if start >= total_bytes or start >= end:
        raise RangeNotSatisfiable(total_bytes=total_bytes)
    return Part(start, end)


def http_date(moment: float) -> str:
    """An IMF-fixdate (RFC 9110, 5.6.7)."""
    return formatdate(moment, usegmt=True)


def _range_applies(if_range: str | None, etag: str, modified_at: float) -> bool:
    if if_range is None:
        return True
    if if_range.lstrip().startswith(('"', "W/")):
        return if_range.strip() == etag
    return _http_date(if_range) == int(modified_at)


def _http_date(text: str) -> int | None:
    moment = date_seconds(text)
    return None if moment is None else int(moment)
