"""From pixels to XYB at every scale: what SSIMULACRA2 looks at.

Pixels are decoded to linear light, halved there, and turned at each scale into the color space of
JPEG XL: cube roots of what the cones of the eye take up (ISO/IEC 18181-1, "XYB"). A shift brings
each channel into 0..1: Y + 0.01, 14 X + 0.42, B - Y + 0.55.

A scale is an array (channels, height, width) of Y, or Y and X, or Y, X and B, in this order. Gray
pictures have Y alone, for their X and B are flat.
"""

import numpy as np

from imgproxy_py.engine.metric.compiled import Bytes, Floats, inlined

# Rows are worked on in pieces of this many columns (an even number, for halving). The constant
# distance between the rows of the scratch memory shows the compiler that they do not overlap.
COLUMNS = 512
_ROW = COLUMNS + 16
# Two rows of linear red, green and blue, then the answers of the three cones.
SECOND_ROW = 3 * _ROW
_CONES = 6 * _ROW
SCRATCH = 9 * _ROW

F = np.float32
_HALF, _QUARTER, _ONE_THIRD, _FULL = F(0.5), F(0.25), F(1 / 3), F(255)

# What each cone takes up of linear red, green and blue: libjxl, `lib/jxl/cms/opsin_params.h`.
_LONG_RED, _LONG_GREEN, _LONG_BLUE = F(0.30), F(1 - 0.30 - 0.078), F(0.078)
_MIDDLE_RED, _MIDDLE_GREEN, _MIDDLE_BLUE = F(0.23), F(1 - 0.23 - 0.078), F(0.078)
_SHORT_RED, _SHORT_GREEN = F(0.24342268924547819), F(0.20476744424496821)
_SHORT_BLUE = F(1 - 0.24342268924547819 - 0.20476744424496821)
_BIAS, _BIAS_ROOT = F(0.0037930732552754493), F(0.0037930732552754493 ** (1 / 3))

_Y_SHIFT, _X_GAIN, _X_SHIFT, _B_SHIFT = F(0.01), F(14), F(0.42), F(0.55)

# The bits of a float read as a number are nearly its logarithm, so a third of them, moved by this,
# are the bits of a cube root right to 3 %; each of Halley's steps then triples the digits.
_ROOT_BITS = np.int32(709921077)


def _decoded(steps: int) -> Floats:
    """Linear light of sRGB values in `steps` steps from 0 to 1 (IEC 61966-2-1), the last twice."""
    encoded = np.minimum(np.arange(steps + 2) / steps, 1)
    power = ((encoded + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, power).astype(np.float32)


# Values blended with a background lie between two bytes: they are interpolated, right to 3e-8.
_STEPS = F(4096)
_OF_BYTE = _decoded(255)
_OF_BLEND = _decoded(4096)


@inlined
def _interpolated(encoded: F) -> F:
    place = F(encoded * _STEPS)
    step = np.uint32(np.int32(place))
    low = _OF_BLEND[step]
    return F(low + (place - F(step)) * (_OF_BLEND[step + np.uint32(1)] - low))


@inlined
def read_pixels(
    row: Bytes, bands: int, background: float, left: int, count: int, linear: Floats
) -> None:
    """Linear light of one row's columns from `left` on, a row of scratch for each color."""
    piece = row[left * bands : (left + count) * bands]
    for color in range(1 if bands < 3 else 3):
        out = linear[color * _ROW : (color + 1) * _ROW]
        if background < 0:
            for x in range(count):
                out[x] = _OF_BYTE[piece[x * bands + color]]
        else:
            for x in range(count):
                alpha = F(piece[x * bands + bands - 1])
                blended = alpha * F(piece[x * bands + color]) + (_FULL - alpha) * background * _FULL
                out[x] = _interpolated(blended / (_FULL * _FULL))


@inlined
def read_linear(planes: Floats, left: int, count: int, linear: Floats) -> None:
    for color in range(planes.shape[0]):
        linear[color * _ROW : color * _ROW + count] = planes[color, left : left + count]


@inlined
def _root(light: F) -> F:
    """The cube root of biased light, so moved that black stays 0."""
    biased = F(light + _BIAS)
    bits = np.int32(F(biased.view(np.int32)) * _ONE_THIRD)
    root = np.int32(bits + _ROOT_BITS).view(np.float32)
    for _ in range(2):
        cube = root * root * root
        root = F(root * (cube + biased + biased) / (cube + cube + biased))
    return F(root - _BIAS_ROOT)


@inlined
def _excite(linear: Floats, cones: Floats, has_short: bool, count: int) -> None:
    for x in range(count):
        red, green, blue = linear[x], linear[_ROW + x], linear[2 * _ROW + x]
        cones[x] = _root(_LONG_RED * red + _LONG_GREEN * green + _LONG_BLUE * blue)
        cones[_ROW + x] = _root(_MIDDLE_RED * red + _MIDDLE_GREEN * green + _MIDDLE_BLUE * blue)
    if has_short:
        for x in range(count):
            red, green, blue = linear[x], linear[_ROW + x], linear[2 * _ROW + x]
            cones[2 * _ROW + x] = _root(
                _SHORT_RED * red + _SHORT_GREEN * green + _SHORT_BLUE * blue
            )


@inlined
def write_opsin(
    linear: Floats, cones: Floats, colors: int, channels: Floats, left: int, count: int
) -> None:
    """One row of every channel this scale has. A gray excites all cones alike: its Y is L."""
    if colors == 1:
        out = channels[0, left : left + count]
        for x in range(count):
            out[x] = _root(linear[x]) + _Y_SHIFT
        return
    _excite(linear, cones, channels.shape[0] > 2, count)
    long, middle, short = cones[:_ROW], cones[_ROW : 2 * _ROW], cones[2 * _ROW :]
    out = channels[0, left : left + count]
    for x in range(count):
        out[x] = _HALF * (long[x] + middle[x]) + _Y_SHIFT
    if channels.shape[0] > 1:
        out = channels[1, left : left + count]
        for x in range(count):
            out[x] = _HALF * (long[x] - middle[x]) * _X_GAIN + _X_SHIFT
    if channels.shape[0] > 2:
        out = channels[2, left : left + count]
        for x in range(count):
            out[x] = short[x] - _HALF * (long[x] + middle[x]) + _B_SHIFT


@inlined
def halve(upper: Floats, lower: Floats, count: int, halved: Floats) -> None:
    """The mean of each square of four; a picture's last column and row stand for missing ones."""
    if count & 1:
        upper[count] = upper[count - 1]
        lower[count] = lower[count - 1]
    for x in range(halved.size):
        sum_above, sum_below = upper[2 * x] + upper[2 * x + 1], lower[2 * x] + lower[2 * x + 1]
        halved[x] = _QUARTER * (sum_above + sum_below)


@inlined
def finish(
    scratch: Floats,
    colors: int,
    channels: Floats,
    halved: Floats,
    top: int,
    left: int,
    count: int,
) -> None:
    """Rows `top` and, where there is one, the next are read: write what follows from them."""
    write_opsin(scratch[:SECOND_ROW], scratch[_CONES:], colors, channels[:, top], left, count)
    second = 0
    if top + 1 < channels.shape[1]:
        second = SECOND_ROW
        lower = channels[:, top + 1]
        write_opsin(scratch[SECOND_ROW:], scratch[_CONES:], colors, lower, left, count)
    for color in range(halved.shape[0]):
        upper_row, lower_row = color * _ROW, second + color * _ROW
        out = halved[color, top // 2, left // 2 : (left + count + 1) // 2]
        halve(scratch[upper_row:], scratch[lower_row:], count, out)
