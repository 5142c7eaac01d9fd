"""From pixels to linear light: tables of sRGB, and alpha over a background.

Rows of light lie in scratch memory, one for each color.
"""

import numpy as np

from imgproxy_py.engine.metric.compiled import Bytes, Floats, inlined
from imgproxy_py.engine.metric.planes import LANES

# Rows are worked on in pieces of this many columns (whole vectors, and even for halving). The
# constant distance between the rows of the scratch memory shows the compiler that they do not
# overlap.
COLUMNS = 512
ROW = COLUMNS + LANES
# Two rows of linear red, green and blue.
SECOND_ROW = 3 * ROW
SCRATCH = 6 * ROW

F = np.float32
_FULL = F(255)


def _decoded(steps: int) -> Floats:
    """Linear light of sRGB values in `steps` steps from 0 to 1 (IEC 61966-2-1), the last twice."""
    encoded = np.minimum(np.arange(steps + 2) / steps, 1)
    power = ((encoded + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, power).astype(np.float32)


# Values blended with a background lie between two bytes: they are interpolated, right to 3e-8.
_STEPS = F(4096)
_OF_BYTE = _decoded(255)
_OF_BLEND = _decoded(4096)

# Handed to compiled functions, which cannot know that it changes nothing: see `read_pixels`.
EVERY_BIT = 2**64 - 1
_ONE, _TWO = np.uint64(1), np.uint64(2)


@inlined
def read_pixels(
    row: Bytes,
    bands: int,
    background: float,
    left: int,
    count: int,
    every_bit: int,
    linear: Floats,
) -> None:
    """Linear light of one row's columns from `left` on, a row of scratch for each color.

    Tables are read a number at a time: a processor mended against gather data sampling (2023)
    takes three times as long to gather. What has passed `every_bit` the compiler cannot foresee,
    so it does not try.
    """
    if background >= 0:
        piece = row[left * bands : (left + count) * bands]
        if bands == 2:
            _blend(piece, 2, 0, background, count, linear)
            _decode_blended(linear, count, every_bit)
            return
        for color in range(3):
            shown = linear[color * ROW :]
            _blend(piece, 4, color, background, count, shown)
            _decode_blended(shown, count, every_bit)
        return
    at, step = np.uint64(left * bands), np.uint64(bands)
    if bands < 3:
        for x in range(count):
            linear[x] = _OF_BYTE[row[at]]
            at = (at + step) & every_bit
        return
    for x in range(count):
        linear[x] = _OF_BYTE[row[at]]
        linear[ROW + x] = _OF_BYTE[row[at + _ONE]]
        linear[2 * ROW + x] = _OF_BYTE[row[at + _TWO]]
        at = (at + step) & every_bit


@inlined
def _blend(
    piece: Bytes, bands: int, color: int, background: float, count: int, shown: Floats
) -> None:
    """What is seen of one color by its alpha, counted in the steps of `_OF_BLEND`."""
    for x in range(count):
        alpha = F(piece[x * bands + bands - 1])
        sum_of_both = alpha * F(piece[x * bands + color]) + (_FULL - alpha) * background * _FULL
        shown[x] = F(sum_of_both / (_FULL * _FULL) * _STEPS)


@inlined
def _decode_blended(shown: Floats, count: int, every_bit: int) -> None:
    at = np.uint64(0)
    for _ in range(count):
        place = shown[at]
        whole = np.int32(place)
        step = np.uint32(whole)
        low = _OF_BLEND[step]
        shown[at] = low + (place - F(whole)) * (_OF_BLEND[step + np.uint32(1)] - low)
        at = (at + _ONE) & every_bit


@inlined
def read_linear(light: Floats, y: int, left: int, count: int, linear: Floats) -> None:
    for color in range(light.shape[0]):
        values = light[color, y, left : left + count]
        for x in range(count):
            linear[color * ROW + x] = values[x]
