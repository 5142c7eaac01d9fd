"""The five scales of a picture: 1:1, 1:2, 1:4, 1:8 and 1:16, halved in linear light."""

from dataclasses import dataclass
from typing import Self

import numba
import numpy as np

from imgproxy_py.engine.metric.compiled import Bytes, Floats, compiled
from imgproxy_py.engine.metric.light import (
    COLUMNS,
    EVERY_BIT,
    SCRATCH,
    SECOND_ROW,
    read_linear,
    read_pixels,
)
from imgproxy_py.engine.metric.norms import CHANNELS, size_at
from imgproxy_py.engine.metric.opsin import finish
from imgproxy_py.engine.metric.planes import planes

# What a decoder hands over is often read-only, and numba calls that another type.
_PIXELS = numba.types.Array(numba.uint8, 2, "C", readonly=True)
_PLANES = numba.float32[:, :, ::1]


@compiled(_PIXELS, numba.int64, numba.float32, numba.uint64, _PLANES, _PLANES)
def first_scale(
    pixels: Bytes,
    bands: int,
    background: float,
    every_bit: int,
    channels: Floats,
    halved: Floats,
) -> None:
    """Fill `channels` at full size, and `halved` with linear light at half of it, rounded up.

    `pixels` is (height, width * bands). `background` is the gray (sRGB, 0..1) under a picture with
    alpha; below zero alpha is not looked at. `every_bit`: `light.EVERY_BIT`.
    """
    height, width = pixels.shape[0], pixels.shape[1] // bands
    scratch = np.zeros(SCRATCH, np.float32)
    upper, lower = scratch[:SECOND_ROW], scratch[SECOND_ROW:]
    for top in range(0, height, 2):
        for left in range(0, width, COLUMNS):
            count = min(COLUMNS, width - left)
            read_pixels(pixels[top], bands, background, left, count, every_bit, upper)
            if top + 1 < height:
                read_pixels(pixels[top + 1], bands, background, left, count, every_bit, lower)
            finish(scratch, 1 if bands < 3 else 3, channels, halved, top, left, width)


@compiled(_PLANES, numba.int64, _PLANES, _PLANES)
def next_scale(linear: Floats, width: int, channels: Floats, halved: Floats) -> None:
    """The same from the linear light (1 or 3 colors) that the scale before left.

    `width` is the picture's at this scale. The last scale leaves none: `halved` is then empty.
    """
    height, columns = channels.shape[1:]
    scratch = np.zeros(SCRATCH, np.float32)
    for top in range(0, height, 2):
        for left in range(0, columns, COLUMNS):
            count = min(COLUMNS, columns - left)
            read_linear(linear, top, left, count, scratch[:SECOND_ROW])
            if top + 1 < height:
                read_linear(linear, top + 1, left, count, scratch[SECOND_ROW:])
            finish(scratch, linear.shape[0], channels, halved, top, left, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """Room for one picture at every scale; new memory costs as much as an eighth of a score."""

    widths: tuple[int, ...]
    channels: tuple[Floats, ...]
    linear: tuple[Floats, ...]

    @classmethod
    def empty(cls, size: tuple[int, int], *, is_gray: bool) -> Self:
        colors = 1 if is_gray else 3
        sizes = [size_at(size, scale) for scale in range(len(CHANNELS))]
        wanted = [min(count, colors) for count in CHANNELS]
        return cls(
            widths=tuple(width for _, width in sizes),
            channels=tuple(planes(count, *size) for count, size in zip(wanted, sizes, strict=True)),
            linear=(*(planes(colors, *size) for size in sizes[1:]), planes(0, *sizes[-1])),
        )

    def fill(self, pixels: Bytes, background: float) -> None:
        """With pixels (height, width, bands) of this size; `background` as in `first_scale`."""
        rows = pixels.reshape(len(pixels), -1)
        bands = pixels.shape[2]
        first_scale(rows, bands, background, EVERY_BIT, self.channels[0], self.linear[0])
        for scale in range(1, len(CHANNELS)):
            before, width = self.linear[scale - 1], self.widths[scale]
            next_scale(before, width, self.channels[scale], self.linear[scale])
