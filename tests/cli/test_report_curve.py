"""The rate–score curve as a drawing."""

from itertools import pairwise

import pytest

from imgproxy_py.cli.report.curve import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Curve, draw_curve
from imgproxy_py.engine.result import Trial
from tests.cli.outcomes import TRIALS


def drawn(*trials: Trial, target: float | None = 72, score: float | None = 72.6) -> Curve:
    curve = draw_curve(trials, target=target, result_bytes=21_000, score=score)
    assert curve is not None
    return curve


def test_each_recipe_is_a_line_from_few_bytes_to_many() -> None:
    curve = drawn(*reversed(TRIALS))

    assert [line.recipe for line in curve.lines] == ["avif", "jpeg"]
    for line in curve.lines:
        for left, right in pairwise(line.dots):
            assert left.x < right.x
            assert left.y > right.y  # y counts downward, scores upward


def test_everything_lies_inside_the_axes() -> None:
    curve = drawn(*TRIALS, Trial(recipe="webp", quality=99, bytes=900_000, score=99.9))

    assert curve.winner
    assert curve.target
    dots = [dot for line in curve.lines for dot in line.dots] + [curve.winner]
    assert all(LEFT <= dot.x <= WIDTH - RIGHT for dot in dots)
    heights = [dot.y for dot in dots] + [mark.at for mark in curve.score_marks] + [curve.target.at]
    assert all(TOP <= height <= HEIGHT - BOTTOM for height in heights)
    assert all(LEFT <= mark.at <= WIDTH - RIGHT for mark in curve.bytes_marks)


def test_the_winner_lies_on_its_own_attempt_and_above_the_target() -> None:
    curve = drawn(*TRIALS)

    avif = next(line for line in curve.lines if line.recipe == "avif")
    assert curve.winner
    assert curve.target
    assert (curve.winner.x, curve.winner.y) == (avif.dots[0].x, avif.dots[0].y)
    assert curve.winner.y < curve.target.at


def test_a_dot_tells_its_attempt() -> None:
    assert drawn(TRIALS[1]).lines[0].dots[0].text == "jpeg, quality 70: 36 kB, score 73.0"


@pytest.mark.parametrize("target", [None, 72.0])
def test_a_single_attempt_is_drawn_with_round_marks_around_it(target: float | None) -> None:
    curve = drawn(Trial(recipe="avif", quality=49, bytes=21_000, score=72.6), target=target)

    marks = [float(mark.text) for mark in curve.score_marks]
    assert len(marks) >= 2
    assert marks == sorted(marks)
    assert curve.bytes_marks


def test_nothing_measured_is_no_curve() -> None:
    assert draw_curve(TRIALS[3:], target=72, result_bytes=90_000, score=None) is None
    assert draw_curve((), target=None, result_bytes=0, score=None) is None


def test_a_picture_of_a_few_bytes_has_a_curve_too() -> None:
    tiny = Trial(recipe="png", quality=90, bytes=1, score=-3.0)

    assert draw_curve([tiny], target=100, result_bytes=1, score=-3.0) is not None
