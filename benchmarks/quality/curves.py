"""Rate–score curves: a few encodes of one picture, and what lies between them.

Encoders have kinks, so the scores are first made to rise with quality (isotonic regression by
pooling adjacent violators); between points the logarithm of the bytes is linear in the score.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One encode."""

    quality: float
    bytes: int
    score: float


@dataclass(frozen=True)
class Curve:
    """Points of one encoder on one picture, in the order of their quality."""

    points: tuple[Point, ...]

    @classmethod
    def through(cls, points: Iterable[Point]) -> "Curve":
        """Raises ValueError without at least two points."""
        ordered = tuple(sorted(points, key=lambda point: point.quality))
        if len(ordered) < 2:
            raise ValueError("a curve needs at least two points")
        return cls(ordered)

    def bytes_at(self, score: float) -> float | None:
        """How many bytes this encoder needs for `score`; None outside of what was sampled."""
        log_bytes = _read(self._scores, self._log_bytes, score)
        return None if log_bytes is None else math.exp(log_bytes)

    def quality_at(self, score: float) -> float | None:
        """The quality that reaches `score`; None outside of what was sampled."""
        return _read(self._scores, [point.quality for point in self.points], score)

    def score_at(self, quality: float) -> float | None:
        """The score that `quality` has; None outside of what was sampled."""
        return _read([point.quality for point in self.points], self._scores, quality)

    def quality_of_bytes(self, size: float) -> float | None:
        """The quality that spends `size` bytes; None outside of what was sampled."""
        return _read(self._log_bytes, [point.quality for point in self.points], math.log(size))

    @cached_property
    def _scores(self) -> list[float]:
        return rising([point.score for point in self.points])

    @cached_property
    def _log_bytes(self) -> list[float]:
        return rising([math.log(point.bytes) for point in self.points])


def rising(numbers: Sequence[float]) -> list[float]:
    """The nearest sequence (least squares) that never falls.

    >>> rising([1.0, 3.0, 2.0, 4.0])
    [1.0, 2.5, 2.5, 4.0]
    """
    pools: list[tuple[float, int]] = []
    for number in numbers:
        mean, count = number, 1
        while pools and pools[-1][0] > mean:
            before, members = pools.pop()
            mean = (mean * count + before * members) / (count + members)
            count += members
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]


def _read(across: Sequence[float], up: Sequence[float], at: float) -> float | None:
    """Linear between points; where `across` stands still, its first point."""
    if not across[0] <= at <= across[-1]:
        return None
    kept = [
        index for index in range(len(across)) if index == 0 or across[index] > across[index - 1]
    ]
    return float(np.interp(at, [across[i] for i in kept], [up[i] for i in kept]))
