"""The score of two whole pictures, taken band by band: exact, and in little memory."""

import numpy as np

from imgproxy_py.engine.metric.blur import REACH
from imgproxy_py.engine.metric.look import Look, Sums
from imgproxy_py.engine.metric.norms import CHANNELS, score_of
from imgproxy_py.engine.metric.picture import Picture, backgrounds

# Bands begin where rows of the smallest scale do, and take along what its blur reaches.
_STEP = 1 << len(CHANNELS) - 1
_MARGIN = REACH * _STEP
_BAND_PIXELS = 3_000_000


def whole_score(reference: Picture, candidate: Picture) -> float:
    """What `Reference.score` would say, to the rounding of sums; the sizes must be the same."""
    if reference.is_gray != candidate.is_gray:
        reference, candidate = reference.in_color(), candidate.in_color()
    return min(
        score_of(_errors(reference, candidate, background), candidate.size)
        for background in backgrounds(reference, candidate)
    )


def _errors(reference: Picture, candidate: Picture, background: float) -> Sums:
    height, width = reference.size
    rows = max(_BAND_PIXELS // width // _STEP, 2 * REACH) * _STEP
    total: Sums = ()
    for first in range(0, height, rows):
        errors = _band_errors(reference, candidate, background, first, first + rows)
        total = tuple(map(np.add, total, errors)) if total else errors
    return total


def _band_errors(
    reference: Picture, candidate: Picture, background: float, first: int, last: int
) -> Sums:
    """Of the rows `first` to `last` - 1."""
    top, height = max(first - _MARGIN, 0), reference.size[0]
    bottom = min(last + _MARGIN, height)
    look = Look.of(reference.rows(top, bottom), background)
    return look.errors(
        candidate.rows(top, bottom),
        background,
        first=first - top,
        last=last - top if last < height else None,
    )
