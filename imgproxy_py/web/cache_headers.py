"""What caches are told: for how long each status may be kept, by whom, and what it varies with.

Lifetimes count down. Our `Cache-Control` says what is left of the source's freshness, and there is
no `Age` beside it: RFC 9111, 4.2.3, lets a cache add `Age` to what it received, but nginx and
others read `max-age` alone, and would keep an answer for longer than its origin allowed.

There is no `Expires` either: `max-age` would win over it (section 5.3).
"""

from collections.abc import Iterable
from enum import StrEnum

from imgproxy_py.service.response import ImageAnswer, MetaAnswer

Headers = tuple[tuple[str, str], ...]

NO_STORE = "no-store"
BRIEF_SECONDS = 60


class Life(StrEnum):
    """How long an answer may be kept."""

    SOURCE = "source"  # the freshness that is left of the source's
    BRIEF = "brief"  # asking again soon gives the same
    NONE = "none"


# Every status that leaves this server, and its life on the URL surface and under /results.
# A test holds the table complete; whatever stood in none of its rows would not be kept.
LIVES: dict[int, Life] = {
    200: Life.SOURCE,
    201: Life.NONE,
    202: Life.NONE,
    204: Life.NONE,
    206: Life.SOURCE,
    # A result may be pruned or made anew: a redirect that is kept would lead to nothing.
    303: Life.NONE,
    304: Life.SOURCE,
    400: Life.NONE,
    401: Life.NONE,
    402: Life.NONE,
    403: Life.NONE,
    404: Life.BRIEF,
    405: Life.NONE,
    408: Life.NONE,
    409: Life.NONE,
    410: Life.BRIEF,
    412: Life.NONE,
    413: Life.BRIEF,
    415: Life.BRIEF,
    416: Life.NONE,
    422: Life.BRIEF,
    429: Life.NONE,
    431: Life.NONE,
    500: Life.NONE,
    501: Life.NONE,
    502: Life.NONE,
    503: Life.NONE,
    504: Life.NONE,
}


def source_cache_control(answer: ImageAnswer | MetaAnswer, *, now: float) -> str:
    """The source's `Cache-Control` with the freshness that is left at `now`, in Unix seconds.

    What is unfinished, or is being made better, has little of it; what an account was given for a
    while ends with that.
    """
    if isinstance(answer, MetaAnswer):
        return answer.freshness.cache_control(now)
    record, freshness = answer.record, answer.freshness
    if record.expires_at is not None:
        freshness = freshness.ending_by(record.expires_at.timestamp())
    is_brief = record.is_provisional or answer.awaits_better
    return freshness.cache_control(now, is_provisional=is_brief)


def error_cache_control(status: int, *, brief_seconds: int = BRIEF_SECONDS) -> str:
    """What is said beside an error. `brief_seconds`: how much longer we remember it ourselves."""
    if LIVES.get(status, Life.NONE) is not Life.BRIEF or brief_seconds <= 0:
        return NO_STORE
    return f"max-age={min(BRIEF_SECONDS, brief_seconds)}"


def vary(names: Iterable[str]) -> Headers:
    """`Vary` with the request headers that took part in the choice; none where none did."""
    listed = ", ".join(names)
    return (("Vary", listed),) if listed else ()
