"""The public HTTP cache tests that fit a cache of transformed pictures, over real sockets.

Those left out, and why, stand in docs/caching.md.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from imgproxy_py.web.conditional import http_date
from tests.web.cache_cases import Case, Turn, Use
from tests.web.cache_freshness import FRESHNESS
from tests.web.cache_stories import CLIENTS, STORING
from tests.web.cache_validation import STALENESS, STATUSES, VALIDATION
from tests.web.origin import Origin, running_origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, Answer, RunningServer

CASES = (*FRESHNESS, *STORING, *CLIENTS, *VALIDATION, *STALENESS, *STATUSES)
_numbers = count()


@pytest.fixture(scope="module")
def pictures() -> tuple[bytes, bytes]:
    """Two versions of one source."""
    return jpeg(64, 48), jpeg(48, 64)


@pytest.fixture(scope="module")
def busy_origin() -> Iterator[Origin]:
    """One for all cases: each has a path of its own."""
    with running_origin() as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_cache_does_what_the_origin_says(
    case: Case, server: RunningServer, busy_origin: Origin, pictures: tuple[bytes, bytes]
) -> None:
    path = f"/{next(_numbers)}.jpg"
    first_tag = None
    for turn in case.turns:
        _put(busy_origin, path + turn.query, turn, pictures)
        before = len(_requests(busy_origin, path))

        answer = _ask(server, busy_origin, path, case, turn)

        made = _requests(busy_origin, path)[before:]
        first_tag = first_tag or answer.headers["ETag"]
        _check(turn, answer, made, first_tag)


def _put(origin: Origin, path: str, turn: Turn, pictures: Sequence[bytes]) -> None:
    body, status, announced = pictures[turn.version], turn.status, None
    if status == 304:
        body = b""
    if status <= 0:
        body, announced = body[: 600 if status else 0], len(body)
    lines = tuple((name, _text(value)) for name, value in turn.lines)
    origin.put(
        path, body, status=status if status > 0 else 200, lines=lines, announced_bytes=announced
    )


def _text(value: str | int) -> str:
    return http_date(time.time() + value) if isinstance(value, int) else str(value)


def _ask(server: RunningServer, origin: Origin, path: str, case: Case, turn: Turn) -> Answer:
    source = origin.url.replace("://", f"://{case.user_info}") + path + turn.query
    return server.ask("GET", f"/{USERNAME}/32/{source}", dict(turn.sends))


def _requests(origin: Origin, path: str) -> list[dict[str, str]]:
    """The headers of what the origin was asked for one path, whatever its query."""
    both = zip(origin.targets, origin.requests, strict=False)
    return [headers for target, headers in both if target.partition("?")[0] == path]


def _check(turn: Turn, answer: Answer, made: list[dict[str, str]], first_tag: str | None) -> None:
    """The answer's status, and what it came to at the origin."""
    told = f"{answer.status} {answer.headers['Cache-Status']} {made} {answer.body[:80]!r}"
    if turn.expects in (Use.FAILED, Use.GONE):
        assert answer.status >= 400, told
    else:
        assert answer.status in (200, 206), told
    are_conditional = [bool(_CONDITIONS & headers.keys()) for headers in made]
    expected = {
        Use.FETCHED: are_conditional == [False],
        Use.REUSED: made == [],
        Use.VALIDATED: are_conditional == [True],
        Use.ASKED: len(made) == 1,
        Use.STALE: answer.headers["ETag"] == first_tag,
        Use.FAILED: len(made) >= 1,
        Use.GONE: made == [],
    }
    assert expected[turn.expects], told
    for name, value in turn.validates:
        assert made[0].get(name) == value, told


_CONDITIONS = {"if-none-match", "if-modified-since", "if-match", "if-range", "range"}
