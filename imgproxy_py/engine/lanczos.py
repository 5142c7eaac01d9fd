"""Make a small picture smaller: Lanczos with three lobes, as libvips and Pillow have it.

Compiled, in one thread and without an object per step. Bytes between the two passes, in gamma
space: as in steps/resize.py.
"""

from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt

from imgproxy_py.engine.metric.compiled import Bytes, compiled, inlined

Weights = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

_LOBES = 3
# What holds Python's `bytes` is read-only; numba tells the two kinds of array apart.
_ROWS = numba.types.Array(numba.uint8, 2, "C", readonly=True)


def downsized(pixels: Bytes, *, width: int, height: int) -> Bytes:
    """`pixels` (rows, columns, bands) at a size that is nowhere larger than theirs."""
    rows, columns, bands = pixels.shape
    if (columns, rows) == (width, height):
        return pixels
    lines = np.ascontiguousarray(pixels).reshape(rows, -1)
    lower = np.empty((columns, height, bands), np.uint8)
    _shrink_and_turn(lines, *_weights(rows, height), lower)
    smaller = np.empty((height, width, bands), np.uint8)
    _shrink_and_turn(lower.reshape(columns, -1), *_weights(columns, width), smaller)
    return smaller


@lru_cache(maxsize=256)
def _weights(before: int, after: int) -> tuple[Rows, Weights]:
    """For each row that is left: the first one it is made of, and how much each of them weighs."""
    shrink = before / after
    taps = 2 * int(np.ceil(_LOBES * shrink)) + 1
    center = (np.arange(after) + 0.5) * shrink - 0.5
    first = np.floor(center).astype(np.int64) - taps // 2
    distance = (first[:, None] + np.arange(taps) - center[:, None]) / shrink
    window = np.where(np.abs(distance) < _LOBES, np.sinc(distance / _LOBES), 0.0)
    weights = np.sinc(distance) * window
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    weighty = np.flatnonzero(weights.any(axis=0))  # at whole factors the outermost weighs nothing
    part = slice(weighty[0], weighty[-1] + 1)
    return first + weighty[0], np.ascontiguousarray(weights[:, part])


@inlined
def _turn(row: Bytes, y: int, turned: Bytes) -> None:
    """Write a row as column `y`."""
    width, _, bands = turned.shape
    if bands == 3:  # known while it is compiled: no loop within the loop
        for x in range(width):
            turned[x, y, 0] = row[3 * x]
            turned[x, y, 1] = row[3 * x + 1]
            turned[x, y, 2] = row[3 * x + 2]
    else:
        for x in range(width):
            for band in range(bands):
                turned[x, y, band] = row[x * bands + band]


@compiled(_ROWS, numba.int64[::1], numba.float32[:, ::1], numba.uint8[:, :, ::1])
def _shrink_and_turn(rows: Bytes, first: Rows, weights: Weights, turned: Bytes) -> None:
    """Fewer rows out of many, written as columns: twice in a row does both directions.

    `rows` is (height, width * bands), `turned` (width, smaller height, bands). The picture's
    first and last row go on beyond its edges.
    """
    height = turned.shape[1]
    last = rows.shape[0] - 1
    sums = np.empty(rows.shape[1], np.float32)
    row = np.empty(rows.shape[1], np.uint8)
    fours = weights.shape[1] // 4 * 4
    for y in range(height):
        sums[:] = np.float32(0.5)
        # Four rows at a time: sums are fetched and put back a quarter as often. They are added one
        # after the other, so rounding stays what it is.
        for tap in range(0, fours, 4):
            a = min(max(first[y] + tap, 0), last)
            b = min(max(first[y] + tap + 1, 0), last)
            c = min(max(first[y] + tap + 2, 0), last)
            d = min(max(first[y] + tap + 3, 0), last)
            p, q, r, s = weights[y, tap : tap + 4]
            for i in range(sums.size):
                sums[i] = (
                    sums[i]
                    + p * np.float32(rows[a, i])
                    + q * np.float32(rows[b, i])
                    + r * np.float32(rows[c, i])
                    + s * np.float32(rows[d, i])
                )
        for tap in range(fours, weights.shape[1]):
            weight = weights[y, tap]
            at = min(max(first[y] + tap, 0), last)
            for i in range(sums.size):
                sums[i] += weight * np.float32(rows[at, i])
        for i in range(sums.size):
            row[i] = np.uint8(min(max(sums[i], np.float32(0.0)), np.float32(255.0)))
        _turn(row, y, turned)
