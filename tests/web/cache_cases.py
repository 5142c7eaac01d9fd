"""What an origin may say of its answers, and what a shared cache must make of it.

The questions are those of the public HTTP cache tests (github.com/http-tests/cache-tests), asked
anew for a cache of pictures made from sources: a row names the suite it belongs to there. Nothing
waits: what shall be stale comes with an `Age`.
"""

from dataclasses import dataclass
from enum import StrEnum

HOUR, DAY, MONTH = 3600, 86_400, 30 * 86_400

# A date may be given as seconds from now.
Line = tuple[str, str | int]


class Use(StrEnum):
    """What a request may lead to at the origin, and whose bytes it gives."""

    FETCHED = "fetched"  # the origin was asked, without conditions
    REUSED = "reused"  # the origin was not asked
    VALIDATED = "validated"  # the origin was asked whether it has changed
    ASKED = "asked"  # the origin was asked, one way or the other
    STALE = "stale"  # the older bytes, though the origin has others or fails
    FAILED = "failed"  # an error, and not of ours
    GONE = "gone"  # an error that was remembered: the origin was not asked


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the origin says from now on, and what one client's request must come to.

    `status` 0 closes the connection before the body, -1 in the middle. `version` tells pictures
    apart. `validates` are headers that the request to the origin must carry.
    """

    lines: tuple[Line, ...] = ()
    status: int = 200
    version: int = 0
    sends: tuple[tuple[str, str], ...] = ()
    query: str = ""
    expects: Use = Use.FETCHED
    validates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """`user_info` stands in the source URL and goes out as `Authorization`."""

    suite: str
    says: str
    turns: tuple[Turn, ...]
    user_info: str = ""

    def __str__(self) -> str:
        return f"{self.suite}: {self.says}"


def control(value: str) -> Line:
    """One line of `Cache-Control`."""
    return ("Cache-Control", value)


def _twice(suite: str, says: str, *lines: Line, then: Use) -> Case:
    """The same request twice; the origin says the same both times."""
    return Case(suite=suite, says=says, turns=(Turn(lines=lines), Turn(lines=lines, expects=then)))


def reused(suite: str, says: str, *lines: Line) -> Case:
    """What is stored serves the second request."""
    return _twice(suite, says, *lines, then=Use.REUSED)


def asked(suite: str, says: str, *lines: Line) -> Case:
    """The second request leads to the origin again."""
    return _twice(suite, says, *lines, then=Use.ASKED)


TAG: Line = ("ETag", '"abc"')
OLD: Line = ("Age", "7200")
MODIFIED: Line = ("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
BY_TAG = (("if-none-match", '"abc"'),)
BY_DATE = (("if-modified-since", "Wed, 01 Jan 2020 00:00:00 GMT"),)


def validated(
    suite: str,
    says: str,
    *lines: Line,
    by: tuple[tuple[str, str], ...],
    then: tuple[Turn, ...] = (),
) -> Case:
    """Stored, stale, and confirmed with a 304."""
    again = Turn(lines=lines, status=304, expects=Use.VALIDATED, validates=by)
    return Case(suite=suite, says=says, turns=(Turn(lines=lines), again, *then))
