"""From linear light to XYB at every scale: what SSIMULACRA2 looks at.

Light is halved from scale to scale, and turned at each into the color space of JPEG XL: cube roots
of what the cones of the eye take up (ISO/IEC 18181-1, "XYB"). A shift brings each channel into
0..1: Y + 0.01, 14 X + 0.42, B - Y + 0.55.

A scale is an array (channels, height, width) of Y, or Y and X, or Y, X and B, in this order. Gray
pictures have Y alone, for their X and B are flat.
"""

import numpy as np

from imgproxy_py.engine.metric.compiled import Floats, inlined
from imgproxy_py.engine.metric.light import COLUMNS, ROW, SECOND_ROW

F = np.float32
_ZERO = F(0)
_HALF, _QUARTER, _ONE_THIRD = F(0.5), F(0.25), F(1 / 3)

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
def _long(red: F, green: F, blue: F) -> F:
    return _root(_LONG_RED * red + _LONG_GREEN * green + _LONG_BLUE * blue)


@inlined
def _middle(red: F, green: F, blue: F) -> F:
    return _root(_MIDDLE_RED * red + _MIDDLE_GREEN * green + _MIDDLE_BLUE * blue)


@inlined
def _short(red: F, green: F, blue: F) -> F:
    return _root(_SHORT_RED * red + _SHORT_GREEN * green + _SHORT_BLUE * blue)


@inlined
def _write_gray(linear: Floats, luma: Floats) -> None:
    """A gray excites all cones alike: its Y is L."""
    for x in range(luma.size):
        luma[x] = _root(linear[x]) + _Y_SHIFT


@inlined
def _write_y(linear: Floats, luma: Floats) -> None:
    for x in range(luma.size):
        red, green, blue = linear[x], linear[ROW + x], linear[2 * ROW + x]
        luma[x] = _HALF * (_long(red, green, blue) + _middle(red, green, blue)) + _Y_SHIFT


@inlined
def _write_xy(linear: Floats, luma: Floats, across: Floats) -> None:
    for x in range(luma.size):
        red, green, blue = linear[x], linear[ROW + x], linear[2 * ROW + x]
        long, middle = _long(red, green, blue), _middle(red, green, blue)
        luma[x] = _HALF * (long + middle) + _Y_SHIFT
        across[x] = _HALF * (long - middle) * _X_GAIN + _X_SHIFT


@inlined
def _write_xyb(linear: Floats, luma: Floats, across: Floats, blueness: Floats) -> None:
    for x in range(luma.size):
        red, green, blue = linear[x], linear[ROW + x], linear[2 * ROW + x]
        long, middle = _long(red, green, blue), _middle(red, green, blue)
        luma[x] = _HALF * (long + middle) + _Y_SHIFT
        across[x] = _HALF * (long - middle) * _X_GAIN + _X_SHIFT
        blueness[x] = _short(red, green, blue) - _HALF * (long + middle) + _B_SHIFT


@inlined
def write_opsin(
    linear: Floats, colors: int, channels: Floats, y: int, left: int, count: int, width: int
) -> None:
    """Row `y` of every channel this scale has; zeros beyond the picture's `width`."""
    end = left + count
    if colors == 1:
        _write_gray(linear, channels[0, y, left:end])
    elif channels.shape[0] == 1:
        _write_y(linear, channels[0, y, left:end])
    elif channels.shape[0] == 2:
        _write_xy(linear, channels[0, y, left:end], channels[1, y, left:end])
    else:
        luma, across = channels[0, y, left:end], channels[1, y, left:end]
        _write_xyb(linear, luma, across, channels[2, y, left:end])
    for channel in range(channels.shape[0]):
        for x in range(width, channels.shape[2]):
            channels[channel, y, x] = _ZERO


@inlined
def halve(upper: Floats, lower: Floats, count: int, halved: Floats) -> None:
    """The mean of each square of four; a picture's last column and row stand for missing ones.

    `count` columns are the picture's; `halved` reaches beyond them.
    """
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
    width: int,
) -> None:
    """Rows `top` and, where there is one, the next are read: write what follows from them."""
    count = min(COLUMNS, channels.shape[2] - left)
    write_opsin(scratch[:SECOND_ROW], colors, channels, top, left, count, width)
    second = 0
    if top + 1 < channels.shape[1]:
        second = SECOND_ROW
        write_opsin(scratch[SECOND_ROW:], colors, channels, top + 1, left, count, width)
    own = min(count, width - left)
    for color in range(halved.shape[0]):
        upper_row, lower_row = color * ROW, second + color * ROW
        out = halved[color, top // 2, left // 2 : (left + count) // 2]
        halve(scratch[upper_row:], scratch[lower_row:], own, out)
