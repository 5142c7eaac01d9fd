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
    clear,
    keep_differences,
    keep_nothing,
    keep_square,
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
def _structure(mean: F, squares: F, differences: F, wanted_mean: F, variance: F) -> F:
    """1 - SSIM where blurs gave these values; `variance` and `wanted_mean` are the reference's."""
    shift = (wanted_mean - mean) * (wanted_mean - mean)
    # With e = blur((a - b)^2) - (mean a - mean b)^2 the textbook numerator 2 cov + C is the
    # denominator less e, so 1 - SSIM is made of small terms and float32 is enough.
    lost = differences - shift
    spread = variance + (squares - mean * mean) + _SSIM_STABILITY
    return max(shift + (_ONE - shift) * lost / spread, _ZERO)


@inlined
def _change(edge: F, wanted_edge: F) -> F:
    """Above zero where the candidate has the stronger edge."""
    return (edge - wanted_edge) / (_ONE + wanted_edge)


@inlined
def _add_row(
    reference: Floats,
    candidate: Floats,
    means: Floats,
    variances: Floats,
    blurred: Floats,
    is_full_size: bool,
    totals: Floats,
) -> None:
    """Add one row's errors, column by column: no order of summing is left to the compiler."""
    if is_full_size:
        _add_weighed(reference, candidate, means, variances, blurred, totals)
        return
    squares, differences = blurred[ROW:], blurred[2 * ROW :]
    for x in range(reference.size):
        mean, wanted_mean = blur_along(blurred, x), means[x]
        structure = _structure(
            mean, blur_along(squares, x), blur_along(differences, x), wanted_mean, variances[x]
        )
        change = _change(abs(candidate[x] - mean), abs(reference[x] - wanted_mean))
        ringing, blurring = max(change, _ZERO), max(-change, _ZERO)
        totals[x] += structure
        totals[ROW + x] += ringing
        totals[2 * ROW + x] += blurring
        totals[3 * ROW + x] += structure * structure * (structure * structure)
        totals[4 * ROW + x] += ringing * ringing * (ringing * ringing)
        totals[5 * ROW + x] += blurring * blurring * (blurring * blurring)


@inlined
def _add_weighed(
    reference: Floats,
    candidate: Floats,
    means: Floats,
    variances: Floats,
    blurred: Floats,
    totals: Floats,
) -> None:
    """The two of the six that weigh anything at full size (`norms.WEIGHTS`)."""
    squares, differences = blurred[ROW:], blurred[2 * ROW :]
    for x in range(reference.size):
        mean, wanted_mean = blur_along(blurred, x), means[x]
        structure = _structure(
            mean, blur_along(squares, x), blur_along(differences, x), wanted_mean, variances[x]
        )
        change = _change(abs(candidate[x] - mean), abs(reference[x] - wanted_mean))
        blurring = max(-change, _ZERO)
        totals[3 * ROW + x] += structure * structure * (structure * structure)
        totals[5 * ROW + x] += blurring * blurring * (blurring * blurring)


@inlined
def _add_totals(totals: Floats, count: int, sums: Doubles) -> None:
    for x in range(count):
        for kind in range(6):
            sums[kind] += totals[kind * ROW + x]


@compiled(_PLANES, _MOMENTS)
def fill_moments(channels: Floats, moments: Floats) -> None:
    """The reference's side, which every candidate meets: (channels, mean and variance, y, x)."""
    height, columns = channels.shape[1:]
    scratch = np.empty(2 * WINDOW + 2 * ROW, np.float32)
    blurred = scratch[2 * WINDOW :]
    for channel in range(channels.shape[0]):
        for left in range(0, columns, COLUMNS):
            count = min(COLUMNS, columns - left)
            clear(2 * SLOTS, count, scratch)
            for y in range(-REACH, height):
                coming = y + REACH
                if coming < height:
                    keep_square(channels[channel, coming], coming, left, count, scratch)
                else:
                    keep_nothing(coming, 2, count, scratch)
                if y >= 0:
                    blur_down(scratch, y, count, blurred)
                    blur_down(scratch[WINDOW:], y, count, blurred[ROW:])
                    mean = moments[channel, 0, y, left : left + count]
                    _blur_along_moments(blurred, mean, moments[channel, 1, y, left : left + count])


@compiled(
    *(_PLANES, _MOMENTS, _PLANES),
    *(numba.int64, numba.int64, numba.int64, numba.boolean, _SUMS),
)
def add_errors(
    reference: Floats,
    moments: Floats,
    candidate: Floats,
    width: int,
    first: int,
    last: int,
    is_full_size: bool,
    sums: Doubles,
) -> None:
    """Add the errors of the rows `first` to `last` - 1 to `sums`, six for each channel.

    structure, ringing, blurring; then the fourth powers of each. At full size only those with a
    weight.
    """
    height, columns = reference.shape[1:]
    scratch = np.empty(3 * WINDOW + 9 * ROW, np.float32)
    blurred, totals = scratch[3 * WINDOW :], scratch[3 * WINDOW + 3 * ROW :]
    for channel in range(reference.shape[0]):
        wanted, got = reference[channel], candidate[channel]
        means, variances = moments[channel, 0], moments[channel, 1]
        for left in range(0, columns, COLUMNS):
            count = min(COLUMNS, columns - left)
            end = left + count
            clear(3 * SLOTS + 9, count, scratch)
            for y in range(first - 2 * REACH, last):
                coming = y + REACH
                if coming >= height:
                    keep_nothing(coming, 3, count, scratch)
                elif coming >= 0:
                    keep_differences(wanted[coming], got[coming], coming, left, count, scratch)
                if y < first:
                    continue
                for window in range(3):
                    blur_down(scratch[window * WINDOW :], y, count, blurred[window * ROW :])
                _add_row(
                    wanted[y, left:end],
                    got[y, left:end],
                    means[y, left:end],
                    variances[y, left:end],
                    blurred,
                    is_full_size,
                    totals,
                )
            _add_totals(totals, min(count, width - left), sums[channel])
