"""Conditional and partial requests (RFC 9110, sections 13 and 14), decided on plain values.

The order is that of section 13.2.2: preconditions that refuse, then those that spare a body, then
the range.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache

from imgproxy_py.store.directives import date_seconds
from imgproxy_py.web.errors import PreconditionFailed, RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$", re.ASCII)
_ETAG = re.compile(r'(W/)?("[^"]*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The request headers that decide between 200, 206, 304, 412 and 416.

    `is_read` is true of GET and HEAD: what else is asked may be refused, but never answered 304.
    """

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None
    if_range: str | None = None
    range: str | None = None
    is_read: bool = True

    @classmethod
    def of(cls, method: str, headers: Mapping[bytes, str]) -> "Conditions":
        """Those of a request; header names in lower case. A range means something to GET alone
        (RFC 9110, 14.2)."""
        return cls(
            if_match=headers.get(b"if-match"),
            if_none_match=headers.get(b"if-none-match"),
            if_modified_since=headers.get(b"if-modified-since"),
            if_unmodified_since=headers.get(b"if-unmodified-since"),
            if_range=headers.get(b"if-range"),
            range=headers.get(b"range") if method == "GET" else None,
            is_read=method in ("GET", "HEAD"),
        )


NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `end`, the latter not included."""

    start: int
    end: int


def is_not_modified(conditions: Conditions, *, etag: str, modified_at: float | None) -> bool:
    """True when the client's copy is good. `If-None-Match` is compared weakly and, when it
    stands there, decides alone (RFC 9110, 13.2.2). Raises PreconditionFailed.

    `modified_at` is None where no `Last-Modified` is told: dates then mean nothing (13.1.3).
    """
    _require_unchanged(conditions, etag, modified_at)
    if conditions.if_none_match is not None:
        is_known = _names(conditions.if_none_match, etag, allows_weak=True)
        if is_known and not conditions.is_read:
            raise PreconditionFailed
        return is_known
    if conditions.if_modified_since is None or modified_at is None or not conditions.is_read:
        return False
    since = _http_date(conditions.if_modified_since)
    return since is not None and int(modified_at) <= since


def part_asked_for(conditions: Conditions, *, etag: str, total_bytes: int) -> Part | None:
    """The single range asked for; None means the whole.

    Several ranges, other units and what cannot be read are answered whole, as RFC 9110, 14.2
    allows. Raises RangeNotSatisfiable.
    """
    if conditions.range is None or not _range_applies(conditions.if_range, etag):
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
    return _date_of_second(int(moment))


@lru_cache(maxsize=2048)
def _date_of_second(second: int) -> str:
    return formatdate(second, usegmt=True)


def _require_unchanged(conditions: Conditions, etag: str, modified_at: float | None) -> None:
    """`If-Match`, compared strongly, and without it `If-Unmodified-Since` (13.1.1, 13.1.4)."""
    if conditions.if_match is not None:
        if not _names(conditions.if_match, etag, allows_weak=False):
            raise PreconditionFailed
    elif conditions.if_unmodified_since is not None and modified_at is not None:
        since = _http_date(conditions.if_unmodified_since)
        if since is not None and int(modified_at) > since:
            raise PreconditionFailed


def _names(listed: str, etag: str, *, allows_weak: bool) -> bool:
    """Whether a list of entity tags, or `*`, names the one that there is."""
    if listed.strip() == "*":
        return True
    return any(tag == etag and (allows_weak or not weak) for weak, tag in _ETAG.findall(listed))


def _range_applies(if_range: str | None, etag: str) -> bool:
    """A strong comparison (13.1.5). A date never passes it: two versions of a result can be made
    within one second, so ours is a weak validator (8.8.2.2), and whoever has it has the tag."""
    return if_range is None or if_range.strip() == etag


def _http_date(text: str) -> int | None:
    moment = date_seconds(text)
    return None if moment is None else int(moment)
