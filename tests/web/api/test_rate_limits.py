"""Rate limits over a real socket: told on every answer for work, and exact."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.web.api.calling import done, optimize, path_of, post, problem, with_key
from tests.web.pictures import png
from tests.web.server import RunningServer, server_with_plan

PLAN = """
[tight]
keys = 3
requests_per_minute = 20
images_per_month = "unlimited"
"""


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose only key may ask ten times a minute."""
    with server_with_plan(tmp_path, PLAN) as running:
        yield running


def test_limits_stand_on_answers_and_on_errors_and_the_last_one_is_exact(
    tight: RunningServer,
) -> None:
    first = optimize(tight, png())
    refused = post(tight, b"{", "application/json")
    for _ in range(100):
        assert tight.get(path_of(done(first), tight)).status == 200
    with ThreadPoolExecutor(32) as clients:
        answers = list(clients.map(lambda _: optimize(tight, png()), range(32)))

    assert first.headers["RateLimit-Policy"] == '"key";q=10;w=60, "account";q=20;w=60'
    assert first.headers["RateLimit"] == '"key";r=9;t=60'
    assert refused.status == 400
    assert refused.headers["RateLimit"].startswith('"key";r=8;t=')
    assert sorted(answer.status for answer in answers) == [200] * 8 + [429] * 24
    too_soon = next(answer for answer in answers if answer.status == 429)
    wait = too_soon.headers["Retry-After"]
    assert 50 <= int(wait) <= 60
    assert problem(too_soon) == (
        429,
        "rate_limited",
        f"more than 10 requests a minute for this key; try again in {wait} s",
    )
    assert too_soon.headers["RateLimit"] == f'"key";r=0;t={wait}'


def test_who_is_not_limited_hears_of_no_limit(server: RunningServer) -> None:
    answer = optimize(server, png(), headers=with_key())

    assert answer.headers["RateLimit-Policy"] is None
    assert answer.headers["RateLimit"] is None
