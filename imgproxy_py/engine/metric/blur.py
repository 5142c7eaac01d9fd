"""The blur of SSIMULACRA2: nine taps down, then nine taps along, zero outside the picture.

A strip of columns is worked on at a time, with a margin at either side. Rows of the picture rotate
through nine slots of scratch memory: row y lies in slot y % 9.
"""

import numpy as np

from imgproxy_py.engine.metric.compiled import Floats, inlined
from imgproxy_py.engine.metric.planes import LANES

F = np.float32

# The impulse response of libjxl's recursive Gaussian with sigma 1.5 (Charalampidis, "Recursive
# implementation of the Gaussian filter using truncated cosine functions", 2016): exactly nine taps.
REACH = 4
TAPS = np.array(
    [0.2646211054881985, 0.2129285920104222, 0.1093353727774603, 0.0360111146583644, 0.0094143678],
    np.float32,
)
_T0, _T1, _T2, _T3, _T4 = TAPS
# The tap of each slot, for output rows y by y % 9.
_SLOT_TAPS = np.array(
    [[TAPS[min((row - slot) % 9, (slot - row) % 9)] for slot in range(9)] for row in range(9)],
    np.float32,
)
_ZERO = F(0)

# The constant distance between the rows shows the compiler that they do not overlap. The margins
# are wider than the reach, so that rows keep to whole vectors.
COLUMNS = 512
MARGIN = LANES // 2
ROW = COLUMNS + 2 * MARGIN
SLOTS = 9
WINDOW = SLOTS * ROW


@inlined
def keep_square(row: Floats, y: int, left: int, count: int, scratch: Floats) -> None:
    begin, end = max(left - MARGIN, 0), min(left + count + MARGIN, row.size)
    values = row[begin:end]
    at = y % SLOTS * ROW + begin - (left - MARGIN)
    plain, square = scratch[at:], scratch[at + WINDOW :]
    for x in range(values.size):
        plain[x] = values[x]
        square[x] = values[x] * values[x]


@inlined
def keep_differences(
    reference: Floats, candidate: Floats, y: int, left: int, count: int, scratch: Floats
) -> None:
    begin, end = max(left - MARGIN, 0), min(left + count + MARGIN, reference.size)
    wanted, got = reference[begin:end], candidate[begin:end]
    at = y % SLOTS * ROW + begin - (left - MARGIN)
    plain, square, difference = scratch[at:], scratch[at + WINDOW :], scratch[at + 2 * WINDOW :]
    for x in range(wanted.size):
        change = wanted[x] - got[x]
        plain[x] = got[x]
        square[x] = got[x] * got[x]
        difference[x] = change * change


@inlined
def keep_nothing(y: int, windows: int, count: int, scratch: Floats) -> None:
    """Row `y` lies below the picture."""
    for window in range(windows):
        _clear(scratch[window * WINDOW + y % SLOTS * ROW :], count)


@inlined
def clear(rows: int, count: int, scratch: Floats) -> None:
    """Before a strip of `count` columns: no rows above it, no margins beside it."""
    for row in range(rows):
        _clear(scratch[row * ROW :], count)


@inlined
def _clear(row: Floats, count: int) -> None:
    for x in range(count + 2 * MARGIN):
        row[x] = _ZERO


@inlined
def blur_down(window: Floats, y: int, count: int, blurred: Floats) -> None:
    """Row `y` of the nine around it, with the margins."""
    weights = _SLOT_TAPS[y % SLOTS]
    w0, w1, w2 = weights[0], weights[1], weights[2]
    w3, w4, w5 = weights[3], weights[4], weights[5]
    w6, w7, w8 = weights[6], weights[7], weights[8]
    for x in range(count + 2 * MARGIN):
        blurred[x] = (
            (w0 * window[x] + w1 * window[ROW + x] + w2 * window[2 * ROW + x])
            + (w3 * window[3 * ROW + x] + w4 * window[4 * ROW + x] + w5 * window[5 * ROW + x])
            + (w6 * window[6 * ROW + x] + w7 * window[7 * ROW + x] + w8 * window[8 * ROW + x])
        )


@inlined
def blur_along(row: Floats, x: int) -> F:
    """The value at column `x`; the row begins with the margin."""
    at = x + MARGIN
    return F(
        _T0 * row[at]
        + _T1 * (row[at - 1] + row[at + 1])
        + _T2 * (row[at - 2] + row[at + 2])
        + _T3 * (row[at - 3] + row[at + 3])
        + _T4 * (row[at - 4] + row[at + 4])
    )
