"""Reading `Cache-Control` (RFC 9111, section 5.2) and the dates around it, leniently and safely.

Where a value cannot be read, the answer is the one that keeps less: a malformed lifetime is none.
"""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

# RFC 9111, section 1.2.2: what is larger counts as this, and nobody needs more.
MAX_DELTA_SECONDS = 2**31

# A token, and after an equals sign a token or a quoted string (RFC 9110, section 5.6).
_DIRECTIVE = re.compile(
    r"""\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?[^,]*""", re.ASCII
)

# IMF-fixdate, and the two obsolete forms that must be read all the same: RFC 850's and asctime's.
_HTTP_DATE = re.compile(
    r"""
    [a-z]{3},\ \d\d\ [a-z]{3}\ \d{4}\ \d\d:\d\d:\d\d\ GMT
    | [a-z]{6,9},\ \d\d-[a-z]{3}-\d\d\ \d\d:\d\d:\d\d\ GMT
    | [a-z]{3}\ [a-z]{3}\ [\d\ ]\d\ \d\d:\d\d:\d\d\ \d{4}
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def directives(cache_control: str) -> dict[str, tuple[str, ...]]:
    """Directive names in lower case with all their values; "" where there was none.

    Commas inside quotes do not divide, as in `private="set-cookie, x-user", max-age=5`.
    """
    found: dict[str, tuple[str, ...]] = {}
    position = 0
    while position < len(cache_control):
        match = _DIRECTIVE.match(cache_control, position)
        if match is None:
            position = (cache_control.find(",", position) + 1) or len(cache_control)
            continue
        name, value = match.group(1).lower(), (match.group(2) or "").strip('"')
        found[name] = (*found.get(name, ()), value)
        position = match.end() + 1
    return found


def delta_seconds(values: tuple[str, ...] | None) -> int | None:
    """A lifetime in seconds; None when absent, 0 when malformed or contradictory.

    RFC 9111, section 4.2.1: conflicting or invalid freshness information counts as stale.
    """
    if values is None:
        return None
    if len(set(values)) > 1 or not (values[0].isascii() and values[0].isdigit()):
        return 0
    return min(int(values[0][:20]), MAX_DELTA_SECONDS)


def date_seconds(text: str | None) -> float | None:
    """An HTTP date (RFC 9110, section 5.6.7; all three forms) as Unix seconds, or None.

    Case does not count, everything else does: another zone than GMT, a list of dates or a year of
    two digits in the wrong form make it no date (RFC 9111, section 4.2).
    """
    if text is None or not _HTTP_DATE.fullmatch(text.strip()):
        return None
    return _read_date(text.strip())


@lru_cache(maxsize=1024)
def _read_date(text: str) -> float | None:
    """All answers of one second bear the same date."""
    try:
        read = parsedate_to_datetime(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def age_seconds(headers: Mapping[str, str]) -> int:
    """The `Age` header: the first of several members, 0 when malformed (section 5.1)."""
    first = headers.get("age", "").partition(",")[0].strip()
    if not (first.isascii() and first.isdigit()):
        return 0
    return min(int(first[:20]), MAX_DELTA_SECONDS)
