"""The blur of SSIMULACRA2: nine taps down, then nine taps along, zero outside the picture.

A strip of columns is worked on at a time, with a margin of the blur's reach at either side. Rows of
the picture rotate through nine slots of scratch memory: row y lies in slot y % 9.
"""

import numpy as np

from imgproxy_py.engine.metric.compiled import Floats, inlined

F = np.float32

# The impulse response of libjxl's recursive Gaussian with sigma 1.5 (Charalampidis, "Recursive
# implementation of the Gaussian filter using truncated cosine functions", 2016): exactly nine taps.
REACH = 4
TAPS = np.array(
    [0.2646211054881985, 0.2129285920104222, 0.1093353727774603, 0.0360111146583644, 0.0094143678],
    np.float32,
)
_T0, _T1, _T2, _T3, _T4 = TAPS
_ZERO = F(0)

# The constant distance between the rows shows the compiler that they do not overlap.
COLUMNS = 512
ROW = COLUMNS + 16
SLOTS = 9
WINDOW = SLOTS * ROW


@inlined
def keep_square(row: Floats, slot: int, left: int, count: int, scratch: Floats) -> None:
    begin, end = max(left - REACH, 0), min(left + count + REACH, row.size)
    values = row[begin:end]
    at = slot * ROW + begin - (left - REACH)
    plain, square = scratch[at:], scratch[at + WINDOW :]
    for x in range(values.size):
        plain[x] = values[x]
        square[x] = values[x] * values[x]


@inlined
def keep_differences(
    reference: Floats, candidate: Floats, slot: int, left: int, count: int, scratch: Floats
) -> None:
    begin, end = max(left - REACH, 0), min(left + count + REACH, reference.size)
    wanted, got = reference[begin:end], candidate[begin:end]
    at = slot * ROW + begin - (left - REACH)
    plain, square, difference = scratch[at:], scratch[at + WINDOW :], scratch[at + 2 * WINDOW :]
    for x in range(wanted.size):
        plain[x] = got[x]
        square[x] = got[x] * got[x]
        difference[x] = (wanted[x] - got[x]) * (wanted[x] - got[x])


@inlined
def weigh_slots(y: int, height: int, weights: Floats) -> None:
    """The tap of each slot for output row `y`; none for rows outside the picture."""
    for row in range(y - REACH, y + REACH + 1):
        weights[row % SLOTS] = TAPS[abs(row - y)] if 0 <= row < height else _ZERO


@inlined
def blur_down(window: Floats, weights: Floats, count: int, blurred: Floats) -> None:
    """One row of nine, with the margins."""
    w0, w1, w2 = weights[0], weights[1], weights[2]
    w3, w4, w5 = weights[3], weights[4], weights[5]
    w6, w7, w8 = weights[6], weights[7], weights[8]
    for x in range(count + 2 * REACH):
        blurred[x] = (
            (w0 * window[x] + w1 * window[ROW + x] + w2 * window[2 * ROW + x])
            + (w3 * window[3 * ROW + x] + w4 * window[4 * ROW + x] + w5 * window[5 * ROW + x])
            + (w6 * window[6 * ROW + x] + w7 * window[7 * ROW + x] + w8 * window[8 * ROW + x])
        )


@inlined
def blur_along(row: Floats, x: int) -> F:
    """The value at `x` of a row whose first column is the margin's."""
    return F(
        _T0 * row[x + 4]
        + _T1 * (row[x + 3] + row[x + 5])
        + _T2 * (row[x + 2] + row[x + 6])
        + _T3 * (row[x + 1] + row[x + 7])
        + _T4 * (row[x] + row[x + 8])
    )
