"""From pixels to coefficients: JFIF's colors and the cosine transform of ITU-T T.81, A.3.3.

A plane of coefficients is (rows, columns, 64) of blocks, each in zigzag order. Blocks beyond the
picture's edge repeat its last row and column.
"""

import math
from collections.abc import Iterator

import numba
import numpy as np
import numpy.typing as npt

from imgproxy_py.engine.metric.compiled import Bytes, Floats, compiled, inlined
from imgproxy_py.engine.quantization_tables import SIDE, zigzag

Coefficients = npt.NDArray[np.float32]

F = np.float32
_CENTER = F(128)
_QUARTER = F(0.25)
# Cosines by (frequency, place), orthonormal: T.81's own scale for eight by eight.
_COSINES = np.array(
    [
        [
            (math.sqrt(0.125) if frequency == 0 else 0.5)
            * math.cos((2 * place + 1) * frequency * math.pi / (2 * SIDE))
            for place in range(SIDE)
        ]
        for frequency in range(SIDE)
    ],
    np.float32,
)
# Where each coefficient of a block's rows goes in zigzag order.
_PLACES = np.argsort(np.array(zigzag(tuple(range(SIDE * SIDE)))))


def coefficients(pixels: Bytes, *, is_full_chroma: bool) -> Iterator[Coefficients]:
    """Y alone of gray pixels (rows, columns, 1), else Y, Cb and Cr, one at a time; chroma halved
    both ways unless `is_full_chroma`."""
    rows, columns, bands = pixels.shape
    step = 1 if bands == 1 or is_full_chroma else 2
    across, down = -(-columns // (SIDE * step)) * step, -(-rows // (SIDE * step)) * step
    planes = np.empty((bands, SIDE * down, SIDE * across), np.float32)
    _write_planes(np.ascontiguousarray(pixels), planes)
    yield _transformed(planes[0])
    for plane in planes[1:]:
        yield _transformed(plane if step == 1 else _halved(plane))


def _halved(plane: Floats) -> Floats:
    half = np.empty((plane.shape[0] // 2, plane.shape[1] // 2), np.float32)
    _write_half(plane, half)
    return half


def _transformed(plane: Floats) -> Coefficients:
    rows, columns = plane.shape[0] // SIDE, plane.shape[1] // SIDE
    blocks = np.empty((rows, columns, SIDE * SIDE), np.float32)
    _write_blocks(plane, _COSINES, _PLACES, blocks)
    return blocks


_PIXELS = numba.types.Array(numba.uint8, 3, "C", readonly=True)


@compiled(_PIXELS, numba.float32[:, :, ::1])
def _write_planes(pixels: Bytes, planes: Floats) -> None:
    """JFIF 1.02: luma of Rec. 601, and what blue and red have beyond it; all around 0."""
    rows, columns, bands = pixels.shape
    for y in range(planes.shape[1]):
        row = min(y, rows - 1)
        for x in range(columns):
            if bands == 1:
                planes[0, y, x] = F(pixels[row, x, 0]) - _CENTER
                continue
            red, green, blue = F(pixels[row, x, 0]), F(pixels[row, x, 1]), F(pixels[row, x, 2])
            luma = F(0.299) * red + F(0.587) * green + F(0.114) * blue
            planes[0, y, x] = luma - _CENTER
            planes[1, y, x] = (blue - luma) * F(0.5 / (1 - 0.114))
            planes[2, y, x] = (red - luma) * F(0.5 / (1 - 0.299))
        for band in range(bands):
            planes[band, y, columns:] = planes[band, y, columns - 1]


@compiled(numba.float32[:, ::1], numba.float32[:, ::1])
def _write_half(plane: Floats, half: Floats) -> None:
    """The mean of each square of four: where JFIF has the samples of halved chroma."""
    for y in range(half.shape[0]):
        for x in range(half.shape[1]):
            above = plane[2 * y, 2 * x] + plane[2 * y, 2 * x + 1]
            below = plane[2 * y + 1, 2 * x] + plane[2 * y + 1, 2 * x + 1]
            half[y, x] = _QUARTER * (above + below)


@inlined
def _transform(cosines: Floats, half_done: Floats, square: Floats) -> None:
    """Along the rows of `square`, which come out as columns of `half_done`."""
    for row in range(SIDE):
        for frequency in range(SIDE):
            total = F(0)
            for place in range(SIDE):
                total += cosines[frequency, place] * square[row, place]
            half_done[frequency, row] = total


@compiled(numba.float32[:, ::1], numba.float32[:, ::1], numba.int64[::1], numba.float32[:, :, ::1])
def _write_blocks(
    plane: Floats, cosines: Floats, places: npt.NDArray[np.int64], blocks: Coefficients
) -> None:
    square, turned = np.empty((SIDE, SIDE), np.float32), np.empty((SIDE, SIDE), np.float32)
    for row in range(blocks.shape[0]):
        for column in range(blocks.shape[1]):
            top, left = SIDE * row, SIDE * column
            square[:] = plane[top : top + SIDE, left : left + SIDE]
            _transform(cosines, turned, square)
            _transform(cosines, square, turned)
            for v in range(SIDE):
                for u in range(SIDE):
                    blocks[row, column, places[SIDE * v + u]] = square[v, u]
