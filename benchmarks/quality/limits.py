"""The limits that a release has to hold, and whether it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHARE_OF_TARGETS_MET = 0.98
OVERSHOOT_POINTS = 1.5
# A first answer, before refinement, may weigh this much more than a settled one's limit.
FIRST_ANSWER_ALLOWANCE = 1.15
METRIC_MS_PER_MEGAPIXEL = 25.0
ATTEMPTS = 2.3
SEARCHED_JPEG_ENCODES = 3.2
LIVE_ANSWER_ENCODES = 4.0
GRAPHICS_LOSSY = 0.45
GRAPHICS_LOSSLESS = 1.0
SAME_PROMISE = 0.87


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`value` may not pass `bound`: from below where `is_floor`. None: it could not be measured."""

    name: str
    value: float | None
    bound: float
    is_floor: bool = False

    @property
    def holds(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.bound if self.is_floor else self.value <= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Bytes of one picture: ours, and what the other one needs for the same."""

    ours: float
    theirs: float


def total_ratio(pairs: Sequence[Pair]) -> float | None:
    """All our bytes over all of theirs; None without pictures."""
    theirs = sum(pair.theirs for pair in pairs)
    return sum(pair.ours for pair in pairs) / theirs if theirs else None


def median_ratio(pairs: Sequence[Pair]) -> float | None:
    """The middle picture's ratio, which no single heavy picture decides."""
    ratios = sorted(pair.ours / pair.theirs for pair in pairs)
    if not ratios:
        return None
    middle = len(ratios) // 2
    return ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2


def verdicts(limits: Iterable[Limit]) -> list[str]:
    """One line each: pass or FAIL, the value, its bound, what it is."""
    return [_verdict(limit) for limit in limits]


def _verdict(limit: Limit) -> str:
    word = "pass" if limit.holds else "FAIL"
    sign = "≥" if limit.is_floor else "≤"
    return f"{word}  {number(limit.value):>7} {sign} {limit.bound:<6.3g} {limit.name}"


def number(value: float | None) -> str:
    """Three decimals, or a dash for what is not known."""
    return "–" if value is None else f"{value:.3f}"
