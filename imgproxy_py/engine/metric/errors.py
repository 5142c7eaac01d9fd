"""The three error maps of SSIMULACRA2, summed: a candidate's channels beside the reference's.

At each pixel three errors follow from both pictures and their blurs: structure (1 - SSIM, without
the luminance denominator), ringing (the candidate has an edge where the reference is smooth) and
blurring (the reverse). Their sums and the sums of their fourth powers are all that is kept.
"""

import numba
import numpy as np

from imgproxy_py.engine.metric.blur import (
    COLUMNS,
    REACH,
    ROW,
    SLOTS,
    WINDOW,
    blur_along,
    blur_down,
    keep_differences,
    keep_square,
    weigh_slots,
)
from imgproxy_py.engine.metric.compiled import Doubles, Floats, compiled, inlined

F = np.float32
# C2 of the structural similarity: keeps flat areas from dividing by nothing.
_SSIM_STABILITY = F(0.0009)
_ONE, _ZERO = F(1), F(0)

_PLANES, _MOMENTS = numba.float32[:, :, ::1], numba.float32[:, :, :, ::1]
_SUMS = numba.float64[:, ::1]


@inlined
def _blur_along_moments(blurred: Floats, means: Floats, variances: Floats) -> None:
    squares = blurred[ROW:]
    for x in range(means.size):
        mean = blur_along(blurred, x)
        means[x] = mean
        variances[x] = blur_along(squares, x) - mean * mean


@inlined
def _add_row(
    reference: Floats,
    candidate: Floats,
    means: Floats,
    variances: Floats,
    blurred: Floats,
    totals: Floats,
) -> None:
    """Add one row's errors, column by column: no order of summing is left to the compiler."""
    squares, differences = blurred[ROW:], blurred[2 * ROW :]
    for x in range(reference.size):
        mean = blur_along(blurred, x)
        shift = (means[x] - mean) * (means[x] - mean)
        # With e = blur((a - b)^2) - (mean a - mean b)^2 the textbook numerator 2 cov + C is the
        # denominator less e, so 1 - SSIM is made of small terms and float32 is enough.
        lost = blur_along(differences, x) - shift
        spread = variances[x] + (blur_along(squares, x) - mean * mean) + _SSIM_STABILITY
        structure = max(shift + (_ONE - shift) * lost / spread, _ZERO)
        edge = abs(reference[x] - means[x])
        change = (abs(candidate[x] - mean) - edge) / (_ONE + edge)
        ringing, blurring = max(change, _ZERO), max(-change, _ZERO)
        totals[x] += structure
        totals[ROW + x] += ringing
        totals[2 * ROW + x] += blurring
        totals[3 * ROW + x] += structure * structure * (structure * structure)
        totals[4 * ROW + x] += ringing * ringing * (ringing * ringing)
        totals[5 * ROW + x] += blurring * blurring * (blurring * blurring)


@inlined
def _add_totals(totals: Floats, count: int, sums: Doubles) -> None:
    for kind in range(6):
        for x in range(count):
            sums[kind] += totals[kind * ROW + x]


@compiled(_PLANES, _MOMENTS)
def fill_moments(channels: Floats, moments: Floats) -> None:
    """The reference's side, which every candidate meets: (channels, mean and variance, y, x)."""
    height, width = channels.shape[1:]
    weights = np.zeros(SLOTS, np.float32)
    for channel in range(channels.shape[0]):
        for left in range(0, width, COLUMNS):
            scratch = np.zeros(2 * WINDOW + 2 * ROW, np.float32)
            count = min(COLUMNS, width - left)
            for y in range(-REACH, height):
                coming = y + REACH
                if coming < height:
                    keep_square(channels[channel, coming], coming % SLOTS, left, count, scratch)
                if y >= 0:
                    weigh_slots(y, height, weights)
                    blurred = scratch[2 * WINDOW :]
                    blur_down(scratch, weights, count, blurred)
                    blur_down(scratch[WINDOW:], weights, count, blurred[ROW:])
                    mean = moments[channel, 0, y, left : left + count]
                    _blur_along_moments(blurred, mean, moments[channel, 1, y, left : left + count])


@compiled(_PLANES, _MOMENTS, _PLANES, numba.int64, numba.int64, _SUMS)
def add_errors(
    reference: Floats, moments: Floats, candidate: Floats, first: int, last: int, sums: Doubles
) -> None:
    """Add the errors of the rows `first` to `last` - 1 to `sums`, six for each channel.

    structure, ringing, blurring; then the fourth powers of each.
    """
    height, width = reference.shape[1:]
    weights = np.zeros(SLOTS, np.float32)
    for channel in range(reference.shape[0]):
        for left in range(0, width, COLUMNS):
            scratch = np.zeros(3 * WINDOW + 9 * ROW, np.float32)
            blurred, totals = scratch[3 * WINDOW :], scratch[3 * WINDOW + 3 * ROW :]
            count = min(COLUMNS, width - left)
            for y in range(first - 2 * REACH, last):
                coming = y + REACH
                if 0 <= coming < height:
                    keep_differences(
                        reference[channel, coming],
                        candidate[channel, coming],
                        coming % SLOTS,
                        left,
                        count,
                        scratch,
                    )
                if y >= first:
                    weigh_slots(y, height, weights)
                    blur_down(scratch, weights, count, blurred)
                    blur_down(scratch[WINDOW:], weights, count, blurred[ROW:])
                    blur_down(scratch[2 * WINDOW :], weights, count, blurred[2 * ROW :])
                    _add_row(
                        reference[channel, y, left : left + count],
                        candidate[channel, y, left : left + count],
                        moments[channel, 0, y, left : left + count],
                        moments[channel, 1, y, left : left + count],
                        blurred,
                        totals,
                    )
            _add_totals(totals, count, sums[channel])
