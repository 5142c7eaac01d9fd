"""The quality search on invented curves: no picture is needed."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.search import MAX_ATTEMPTS, Candidate, smallest_acceptable


def search(
    curve: Callable[[int], float], *, target: float, start: int, lowest: int = 1
) -> tuple[Candidate, list[int]]:
    """Search where quality q takes q bytes and scores curve(q)."""
    asked: list[int] = []

    def encode(quality: int) -> bytes:
        asked.append(quality)
        return bytes(quality)

    found = smallest_acceptable(
        encode=encode,
        score=lambda data: curve(len(data)),
        target=target,
        start=start,
        lowest=lowest,
    )
    return found, asked


def test_without_a_score_there_is_one_attempt_at_the_start() -> None:
    found = smallest_acceptable(encode=bytes, score=None, target=72, start=67)

    assert found == Candidate(data=bytes(67), quality=67)


def test_a_start_outside_the_range_is_moved_inside() -> None:
    found = smallest_acceptable(encode=bytes, score=None, target=72, start=99, highest=90)

    assert found.quality == 90


def test_a_first_attempt_inside_the_window_is_the_last() -> None:
    found, asked = search(lambda q: q + 5, target=70, start=66)

    assert asked == [66]
    assert found.reaches_target


@pytest.mark.parametrize("start", [30, 50, 80, 99])
@pytest.mark.parametrize("slope", [0.4, 0.6, 1.0])
def test_a_straight_curve_is_met_within_two_points(start: int, slope: float) -> None:
    found, asked = search(lambda q: 30 + slope * q, target=65, start=start)

    assert found.reaches_target
    assert found.score is not None
    assert found.score <= 65 + 2 + slope
    assert found.attempts == len(asked) <= MAX_ATTEMPTS


def test_a_target_out_of_reach_gives_the_best_there_is_and_says_so() -> None:
    found, _asked = search(lambda q: q / 2, target=80, start=70)

    assert found.quality == 100
    assert not found.reaches_target


def test_a_target_below_the_lowest_quality_gives_the_lowest() -> None:
    found, _asked = search(lambda q: 90.0, target=40, start=30, lowest=20)

    assert found.quality == 20
    assert found.reaches_target


@given(
    steps=st.lists(st.floats(0, 3), min_size=100, max_size=100),
    target=st.floats(20, 95),
    start=st.integers(1, 100),
)
def test_no_quality_is_tried_twice_and_a_passing_one_is_never_given_up(
    steps: list[float], target: float, start: int
) -> None:
    scores = [sum(steps[: quality + 1]) for quality in range(100)]

    found, asked = search(lambda q: scores[q - 1], target=target, start=start)

    assert len(set(asked)) == len(asked) <= MAX_ATTEMPTS
    passing = [quality for quality in asked if scores[quality - 1] >= target]
    assert found.reaches_target is bool(passing)
    if passing:
        assert found.quality == min(passing)
