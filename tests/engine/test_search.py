"""The quality search on invented curves: no picture is needed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.aim import MAX_ATTEMPTS, Aim, Candidate, Point, Prior, Verdict
from imgproxy_py.engine.curve import predicted_bytes, quality_for
from imgproxy_py.engine.search import smallest_acceptable


@dataclass
class Curve:
    """An encoder whose quality q takes `q * unit` bytes and scores `score(q)`."""

    score: Callable[[int], float]
    unit: int = 10
    asked: list[int] = field(default_factory=list)

    def search(
        self,
        aim: Aim,
        prior: Prior,
        *,
        probes: tuple[Point, ...] = (),
        limit_bytes: int | None = None,
    ) -> Candidate:
        return smallest_acceptable(
            encode=self._encode,
            score=lambda data: self.score(len(data) // self.unit),
            aim=aim,
            prior=prior,
            probes=probes,
            limit_bytes=limit_bytes,
        )

    def _encode(self, quality: int) -> bytes:
        self.asked.append(quality)
        return bytes(quality * self.unit)


def test_a_first_attempt_inside_the_window_is_the_last() -> None:
    curve = Curve(lambda q: q + 5)

    found = curve.search(Aim(target=70), Prior(start=66))

    assert curve.asked == [67]
    assert (found.verdict, found.attempts) == (Verdict.TARGET, 1)


def test_a_start_outside_the_range_is_moved_inside() -> None:
    curve = Curve(lambda q: 75.0)

    curve.search(Aim(target=72, highest=90), Prior(start=99))

    assert curve.asked[0] == 90


@pytest.mark.parametrize("start", [30, 50, 80, 99])
@pytest.mark.parametrize("slope", [0.4, 0.6, 1.0])
def test_a_straight_curve_is_met_within_two_points(start: int, slope: float) -> None:
    curve = Curve(lambda q: 30 + slope * q)

    found = curve.search(Aim(target=65), Prior(start=start))

    assert found.verdict is Verdict.TARGET
    assert 65 <= found.score <= 65 + 2 + slope
    assert found.attempts == len(curve.asked) <= MAX_ATTEMPTS


def test_what_a_probe_showed_spares_the_attempts_that_it_cost() -> None:
    curve = Curve(lambda q: 20 + 0.7 * q)

    found = curve.search(Aim(target=72), Prior(start=40), probes=(Point(40, 48.0),))

    assert found.verdict is Verdict.TARGET
    assert found.attempts == len(curve.asked) + 1 <= MAX_ATTEMPTS


def test_two_probes_give_the_slope() -> None:
    points = (Point(40, 50.0), Point(60, 60.0))

    assert quality_for(70, points, Prior(start=1, slope=1.6), Aim(target=70)) == 80


def test_a_target_out_of_reach_gives_the_best_there_is_and_says_so() -> None:
    found = Curve(lambda q: q / 2).search(Aim(target=80), Prior(start=70))

    assert found.quality == 100
    assert found.verdict is Verdict.UNREACHABLE


def test_a_target_below_the_lowest_quality_gives_the_lowest() -> None:
    found = Curve(lambda q: 90.0).search(Aim(target=40, lowest=20), Prior(start=30))

    assert found.quality == 20
    assert found.verdict is Verdict.TARGET


def test_a_kink_does_not_take_a_passing_candidate_away() -> None:
    """Scores fall by three points at 60, as AVIF's and WebP's curves sometimes do."""
    curve = Curve(lambda q: 0.9 * q + (18 if q < 60 else 15))

    found = curve.search(Aim(target=72), Prior(start=58))

    assert found.verdict is Verdict.TARGET
    assert found.score >= 72


def test_a_search_that_cannot_win_is_given_up_after_one_attempt() -> None:
    curve = Curve(lambda q: 0.5 * q + 20)

    found = curve.search(Aim(target=72), Prior(start=60), limit_bytes=300)

    assert found.verdict is Verdict.OUTBID
    assert len(curve.asked) == 1


def test_a_limit_that_can_be_met_changes_nothing() -> None:
    free, bound = Curve(lambda q: 20 + 0.7 * q), Curve(lambda q: 20 + 0.7 * q)

    wanted = free.search(Aim(target=72), Prior(start=70))
    found = bound.search(Aim(target=72), Prior(start=70), limit_bytes=2000)

    assert found == wanted


def test_bytes_are_foretold_by_the_share_that_a_point_costs() -> None:
    prior = Prior(start=1, bytes_per_point=0.02)

    assert predicted_bytes(1000, 70, 72, prior) == pytest.approx(1000 * 1.02**2)
    assert predicted_bytes(1000, 74, 72, prior) == pytest.approx(1000 / 1.02**2)


@given(
    steps=st.lists(st.floats(0, 3), min_size=100, max_size=100),
    target=st.floats(20, 95),
    start=st.integers(1, 100),
)
def test_no_quality_is_tried_twice_and_a_passing_one_is_never_given_up(
    steps: list[float], target: float, start: int
) -> None:
    scores = [sum(steps[: quality + 1]) for quality in range(100)]
    curve = Curve(lambda q: scores[q - 1])

    found = curve.search(Aim(target=target), Prior(start=start))

    assert len(set(curve.asked)) == len(curve.asked) <= MAX_ATTEMPTS
    passing = [quality for quality in curve.asked if scores[quality - 1] >= target]
    assert (found.verdict is Verdict.TARGET) is bool(passing)
    if passing:
        assert found.quality == min(passing)


@given(
    level=st.floats(-20, 20),
    slope=st.floats(0.45, 1.3),
    bend=st.floats(-0.002, 0.002),
    noise=st.lists(st.floats(-0.3, 0.3), min_size=101, max_size=101),
)
def test_curves_like_those_of_encoders_are_met(
    level: float, slope: float, bend: float, noise: list[float]
) -> None:
    """Rising, slightly bent, with kinks of a third of a point, and the target within reach."""

    def score(q: int) -> float:
        return 72 + level + slope * (q - 62) + bend * (q - 62) ** 2 + noise[q]

    if not score(5) < 70 < 74 < score(95):
        return
    found = Curve(score).search(Aim(target=72), Prior(start=62))

    assert found.verdict is Verdict.TARGET
    assert found.score < 72 + 6


@given(score=st.floats(0, 100), target=st.floats(0, 100))
def test_an_encoder_that_ignores_its_quality_ends_the_search(score: float, target: float) -> None:
    curve = Curve(lambda q: score)

    found = curve.search(Aim(target=target), Prior(start=50))

    assert found.attempts <= MAX_ATTEMPTS
    assert (found.verdict is Verdict.TARGET) is (score >= target)


@dataclass
class Palette:
    """Its bytes change with the quality below `cliff` only; there it is useless."""

    cliff: int
    asked: list[int] = field(default_factory=list)
    scored: list[bytes] = field(default_factory=list)

    def search(self, aim: Aim, prior: Prior) -> Candidate:
        return smallest_acceptable(encode=self._encode, score=self._score, aim=aim, prior=prior)

    def _encode(self, quality: int) -> bytes:
        self.asked.append(quality)
        return b"all colors" if quality >= self.cliff else bytes(quality)

    def _score(self, data: bytes) -> float:
        self.scored.append(data)
        return 90.0 if data == b"all colors" else -10.0


def test_bytes_that_were_seen_before_are_not_scored_again() -> None:
    palette = Palette(cliff=10)

    found = palette.search(Aim(target=72), Prior(start=50))

    assert palette.scored.count(b"all colors") == 1
    assert (found.data, found.score, found.verdict) == (b"all colors", 90.0, Verdict.TARGET)


def test_three_qualities_with_the_same_passing_bytes_end_a_search() -> None:
    palette = Palette(cliff=1)

    palette.search(Aim(target=72, max_attempts=6), Prior(start=80))

    assert len(palette.asked) == 3


def test_from_a_flat_stretch_the_way_down_to_a_cliff_is_halved() -> None:
    palette = Palette(cliff=22)

    found = palette.search(Aim(target=72, max_attempts=6), Prior(start=50, slope=1.2))

    assert palette.asked == [51, 30, 9, 19, 25]
    assert found.data == b"all colors"


PROBES = (Point(77, 83.0), Point(60, 79.0))
NARROW = Aim(target=72, tolerance=0.6, margin=0.3, counts_probes=False)


def test_whoever_has_time_looks_behind_a_kink_for_something_smaller() -> None:
    hasty, patient = (Curve(lambda q: 72.4 if q >= 36 else 70.2) for _ in range(2))

    hasty.search(NARROW, Prior(start=77, slope=1.5), probes=PROBES)
    found = patient.search(
        replace(NARROW, is_patient=True), Prior(start=77, slope=1.5), probes=PROBES
    )

    assert hasty.asked == [32, 41]
    assert patient.asked == [32, 41, 36]
    assert (found.quality, found.verdict) == (36, Verdict.TARGET)


@pytest.mark.parametrize("slope", [0.5, 0.7, 1.0])
def test_where_there_is_no_kink_patience_costs_no_attempt(slope: float) -> None:
    hasty, patient = (Curve(lambda q: 30 + slope * q) for _ in range(2))
    prior = Prior(start=50, slope=1 / slope)

    hasty.search(NARROW, prior)
    patient.search(replace(NARROW, is_patient=True), prior)

    assert patient.asked == hasty.asked


@given(start=st.integers(1, 100), cliff=st.integers(1, 100), low=st.floats(60, 71.9))
def test_patience_never_ends_on_a_larger_file(start: int, cliff: int, low: float) -> None:
    def score(quality: int) -> float:
        return 72.4 if quality >= cliff else low

    hasty, patient = (
        Curve(score).search(aim, Prior(start=start))
        for aim in (NARROW, replace(NARROW, is_patient=True))
    )

    assert len(patient.data) <= len(hasty.data)
