"""The arithmetic of the quality benchmark: curves between encodes, totals, limits."""

import math
from pathlib import Path

import pytest

from benchmarks.quality.cache import Cache, Kept
from benchmarks.quality.curves import Curve, Point, rising
from benchmarks.quality.limits import Limit, Pair, median_ratio, total_ratio, verdicts


def _curve(*points: tuple[float, int, float]) -> Curve:
    return Curve.through(
        Point(quality=quality, bytes=size, score=score) for quality, size, score in points
    )


def test_between_two_encodes_the_bytes_grow_by_equal_factors() -> None:
    curve = _curve((50, 1000, 60.0), (70, 4000, 80.0))

    assert curve.bytes_at(70.0) == pytest.approx(2000)
    assert curve.quality_at(70.0) == pytest.approx(60)
    assert curve.quality_of_bytes(2000) == pytest.approx(60)


def test_the_order_in_which_encodes_were_made_does_not_matter() -> None:
    assert _curve((70, 4000, 80.0), (50, 1000, 60.0)) == _curve((50, 1000, 60.0), (70, 4000, 80.0))


@pytest.mark.parametrize("score", [59.9, 80.1, math.nan])
def test_outside_of_what_was_sampled_nothing_is_claimed(score: float) -> None:
    curve = _curve((50, 1000, 60.0), (70, 4000, 80.0))

    assert curve.bytes_at(score) is None
    assert curve.quality_at(score) is None


def test_a_kink_in_the_scores_is_leveled_before_anything_is_read_from_it() -> None:
    curve = _curve((10, 100, 50.0), (20, 200, 62.0), (30, 400, 60.0), (40, 800, 70.0))

    # Both middle encodes count as 61; the cheaper one is enough for it.
    assert curve.bytes_at(61.0) == pytest.approx(200)
    assert curve.quality_at(61.0) == pytest.approx(20)


def test_one_encode_is_no_curve() -> None:
    with pytest.raises(ValueError, match="at least two points"):
        _curve((50, 1000, 60.0))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], id="what rises already stays"),
        pytest.param([3.0, 2.0, 1.0], [2.0, 2.0, 2.0], id="what falls becomes its mean"),
        pytest.param([1.0, 4.0, 3.0, 2.0, 5.0], [1.0, 3.0, 3.0, 3.0, 5.0], id="pools join up"),
    ],
)
def test_leveling_gives_the_nearest_sequence_that_never_falls(
    numbers: list[float], expected: list[float]
) -> None:
    assert rising(numbers) == expected


def test_a_total_weighs_pictures_by_their_bytes_and_a_median_does_not() -> None:
    pairs = [Pair(ours=900, theirs=1000), Pair(ours=50, theirs=100), Pair(ours=40, theirs=100)]

    assert total_ratio(pairs) == pytest.approx(990 / 1200)
    assert median_ratio(pairs) == pytest.approx(0.5)
    assert median_ratio(pairs[:2]) == pytest.approx(0.7)


def test_without_pictures_there_is_no_ratio_and_no_limit_holds() -> None:
    assert total_ratio([]) is None
    assert median_ratio([]) is None
    assert not Limit(name="nothing measured", value=None, bound=1.0).holds


@pytest.mark.parametrize(
    ("value", "is_floor", "holds"),
    [(0.83, False, True), (0.831, False, False), (0.83, True, True), (0.829, True, False)],
)
def test_a_limit_holds_up_to_its_bound(value: float, is_floor: bool, holds: bool) -> None:
    limit = Limit(name="bytes", value=value, bound=0.83, is_floor=is_floor)

    assert limit.holds is holds
    assert verdicts([limit])[0].startswith("pass" if holds else "FAIL")


def test_what_is_kept_is_made_once_and_found_by_the_next_run(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> Kept:
        made.append("made")
        return Kept(number=71.25, data=b"bytes")

    first = Cache(tmp_path).kept("picture", "jpeg", "60", make=make)
    second = Cache(tmp_path).kept("picture", "jpeg", "60", make=make)
    Cache(tmp_path).kept("picture", "jpeg", "61", make=make)

    assert first == second == Kept(number=71.25, data=b"bytes")
    assert made == ["made", "made"]
