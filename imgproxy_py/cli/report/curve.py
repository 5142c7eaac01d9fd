"""The rate–score curve that the search saw, laid out for a small SVG.

Plain geometry: bytes to the right, score upward, one line for each recipe.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imgproxy_py.cli.report.words import size_text
from imgproxy_py.engine.result import Trial

WIDTH, HEIGHT = 340, 196
LEFT, RIGHT, TOP, BOTTOM = 34, 12, 16, 32
MAX_SCORE = 100.0
_TICKS = 6
_ROUND_STEPS = (1, 2, 2.5, 5, 10)
# A curve of one point would have no extent.
_LEAST_SCORES = 4.0
_LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Numbers from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, number: float) -> float:
        share = (number - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Three to five round numbers inside."""
        raw = (self.high - self.low) / _TICKS
        magnitude: float = 10.0 ** math.floor(math.log10(raw))
        step = next(step * magnitude for step in _ROUND_STEPS if step * magnitude >= raw * 0.999)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [index * step for index in range(first, last + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One attempt; `text` is for whoever points at it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Attempts of one recipe from few bytes to many; `color` is a number for the style sheet."""

    recipe: str
    color: int
    dots: tuple[Dot, ...]

    @property
    def points(self) -> str:
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A tick on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Everything in pixels of a drawing of WIDTH by HEIGHT. `winner` is the result itself."""

    lines: tuple[Line, ...]
    bytes_marks: tuple[Mark, ...]
    score_marks: tuple[Mark, ...]
    target: Mark | None
    winner: Dot | None


def draw_curve(
    trials: Sequence[Trial], *, target: float | None, result_bytes: int, score: float | None
) -> Curve | None:
    """None where nothing was measured."""
    measured = [(trial, trial.score) for trial in trials if trial.score is not None]
    if not measured:
        return None
    own = [] if score is None else [(result_bytes, score)]
    points = [(trial.bytes, seen) for trial, seen in measured] + own
    across = _across([count for count, _ in points])
    up = _up([*(seen for _, seen in points), *([] if target is None else [target])])
    recipes = list(dict.fromkeys(trial.recipe for trial, _ in measured))
    return Curve(
        lines=tuple(
            Line(
                recipe=recipe,
                color=number,
                dots=_dots((pair for pair in measured if pair[0].recipe == recipe), across, up),
            )
            for number, recipe in enumerate(recipes)
        ),
        bytes_marks=tuple(Mark(at=across.at(tick), text=_kilo(tick)) for tick in across.ticks()),
        score_marks=tuple(Mark(at=up.at(tick), text=f"{tick:g}") for tick in up.ticks()),
        target=None if target is None else Mark(at=up.at(target), text=f"target {target:g}"),
        winner=None if score is None else _winner(result_bytes, score, across, up),
    )


def _winner(result_bytes: int, score: float, across: Scale, up: Scale) -> Dot:
    text = f"the result: {size_text(result_bytes)}, score {score:.1f}"
    return Dot(x=across.at(result_bytes), y=up.at(score), text=text)


def _dots(pairs: Iterable[tuple[Trial, float]], across: Scale, up: Scale) -> tuple[Dot, ...]:
    ordered = sorted(pairs, key=lambda pair: (pair[0].bytes, pair[1]))
    return tuple(
        Dot(x=across.at(trial.bytes), y=up.at(score), text=_said(trial, score))
        for trial, score in ordered
    )


def _said(trial: Trial, score: float) -> str:
    quality = "" if trial.quality is None else f", quality {trial.quality}"
    return f"{trial.recipe}{quality}: {size_text(trial.bytes)}, score {score:.1f}"


def _across(counts: Sequence[int]) -> Scale:
    low, high = min(counts), max(counts)
    margin = max((high - low) * 0.08, high * _LEAST_SHARE / 2, 1)
    return Scale(low=max(low - margin, 0), high=high + margin, start=LEFT, end=WIDTH - RIGHT)


def _up(scores: Sequence[float]) -> Scale:
    low, high = min(scores), max(scores)
    margin = max((high - low) * 0.1, _LEAST_SCORES / 2)
    return Scale(
        low=low - margin, high=min(high + margin, MAX_SCORE), start=HEIGHT - BOTTOM, end=TOP
    )


def _kilo(count: float) -> str:
    return f"{count / 1000:g}"
