"""The rate limit of a plan, on the URL surface: work counts, what is stored does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.api.calling import optimize
from tests.web.asking import fetch, upload
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import RunningServer, server_with_plan

PLAN = """
[slow]
keys = 1
requests_per_minute = 3
images_per_month = "unlimited"
"""


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose only account may ask for work three times a minute."""
    with server_with_plan(tmp_path, PLAN) as running:
        yield running


def test_the_fourth_request_for_work_in_a_minute_is_told_when_to_come_again(
    slow: RunningServer,
) -> None:
    answers = [upload(slow, f"{size}", jpeg(320, 240)) for size in (100, 101, 102, 103)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    seconds = int(refused.headers["Retry-After"])
    assert 50 <= seconds <= 60
    assert refused.body.decode() == (
        f"more than 3 requests a minute for this account; try again in {seconds} s\n"
    )


def test_what_is_stored_already_is_answered_all_the_same(
    slow: RunningServer, origin: Origin
) -> None:
    source = origin.put("/a.jpg", jpeg(320, 240))

    answers = [fetch(slow, "100", source) for _ in range(6)]

    assert [answer.status for answer in answers] == [200] * 6


def test_both_surfaces_count_against_one_limit(slow: RunningServer) -> None:
    for size in (100, 101):
        assert upload(slow, f"{size}", jpeg(320, 240)).status == 200

    assert optimize(slow, jpeg(320, 240), width="102").status == 200
    assert upload(slow, "103", jpeg(320, 240)).status == 429
