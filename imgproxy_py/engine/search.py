"""The quality search: numbers and two callables, no pictures.

A secant inside a bracket. The curves are monotone but for small kinks, so two or three attempts
usually do; the best passing candidate is kept at all times.
"""

from collections.abc import Callable
from dataclasses import dataclass

MAX_ATTEMPTS = 4
# A score this far above the target costs fewer bytes than another attempt costs time.
TOLERANCE_POINTS = 2.0
# Quality steps for one point of score near the target; medians over sixteen photographs.
PRIOR_SLOPE = 1.6
_FLATTEST_SLOPE, _STEEPEST_SLOPE = 0.5, 5.0
# Aim a little inside the window, since only the upper side of the target passes.
_AIM_POINTS = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One encoded attempt. `score` is None where nothing was measured."""

    data: bytes
    quality: int
    score: float | None = None
    attempts: int = 1
    reaches_target: bool = True


def smallest_acceptable(
    *,
    encode: Callable[[int], bytes],
    score: Callable[[bytes], float] | None,
    target: float,
    start: int,
    lowest: int = 1,
    highest: int = 100,
) -> Candidate:
    """The smallest candidate found that reaches `target`, within MAX_ATTEMPTS attempts.

    When none reaches it, the one that came nearest, marked so. Without `score` there is one
    attempt, at `start`.
    """
    quality = min(max(start, lowest), highest)
    if score is None:
        return Candidate(data=encode(quality), quality=quality)
    tried: dict[int, Candidate] = {}
    while quality not in tried and len(tried) < MAX_ATTEMPTS:
        tried[quality] = _attempt(quality, encode, score, target)
        if _is_settled(tried[quality], target):
            break
        quality = _next_quality(tried, target, lowest, highest)
    return _best(list(tried.values()))


def _attempt(
    quality: int, encode: Callable[[int], bytes], score: Callable[[bytes], float], target: float
) -> Candidate:
    data = encode(quality)
    measured = score(data)
    return Candidate(data=data, quality=quality, score=measured, reaches_target=measured >= target)


def _is_settled(candidate: Candidate, target: float) -> bool:
    return candidate.reaches_target and _score(candidate) <= target + TOLERANCE_POINTS


def _best(tried: list[Candidate]) -> Candidate:
    passing = [candidate for candidate in tried if candidate.reaches_target]
    best = min(passing, key=lambda c: len(c.data)) if passing else max(tried, key=_score)
    return Candidate(
        data=best.data,
        quality=best.quality,
        score=best.score,
        attempts=len(tried),
        reaches_target=best.reaches_target,
    )


def _next_quality(tried: dict[int, Candidate], target: float, lowest: int, highest: int) -> int:
    """By the secant through the bracket, or beyond the attempts while they are all on one side."""
    below = max((q for q, c in tried.items() if not c.reaches_target), default=None)
    above = min((q for q, c in tried.items() if c.reaches_target), default=None)
    aim = target + _AIM_POINTS
    if below is not None and above is not None and below < above:
        low, high = _score(tried[below]), _score(tried[above])
        share = (aim - low) / (high - low) if high > low else 0.5
        inside = below + round((above - below) * share)
        return min(max(inside, below + 1), max(above - 1, below + 1))
    nearest = min(tried, key=lambda quality: abs(_score(tried[quality]) - aim))
    step = round((aim - _score(tried[nearest])) * _slope(tried))
    # At least one step toward the target: rounding must not end the search early.
    step = max(step, 1) if above is None else min(step, -1)
    return min(max(nearest + step, lowest), highest)


def _slope(tried: dict[int, Candidate]) -> float:
    """Quality steps for one point, by the outermost attempts or by experience."""
    low, high = min(tried), max(tried)
    points = _score(tried[high]) - _score(tried[low])
    if points <= 0:
        return PRIOR_SLOPE
    return min(max((high - low) / points, _FLATTEST_SLOPE), _STEEPEST_SLOPE)


def _score(candidate: Candidate) -> float:
    return candidate.score if candidate.score is not None else 0.0
