"""Geometry: from the picture's size and the options to device pixels. Pure arithmetic.

Everything here is upright: orientation is the plan's business.
"""

import math
from dataclasses import dataclass

from options_grammar.options import Fit, FocalPoint, Gravity, Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Device pixels, both at least 1."""

    width: int
    height: int

    def turned(self) -> "Size":
        return Size(width=self.height, height=self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle inside a picture, in device pixels from its top left."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """`resized` is the picture's size before it is cut or padded.

    At most one of the others is set: `crop` cuts this box, `attention` cuts the most important
    part of this size, `canvas` places the picture (left, top) on a canvas (width, height).
    """

    resized: Size
    crop: Box | None = None
    attention: Size | None = None
    canvas: Box | None = None

    @property
    def result(self) -> Size:
        kept = self.crop or self.attention or self.canvas or self.resized
        return Size(width=kept.width, height=kept.height)


def device_pixels(css_pixels: float, dpr: float) -> int:
    """CSS pixels times dpr, half rounded up, never 0."""
    return max(1, int(css_pixels * dpr + 0.5))


def geometry(picture: Size, options: Options) -> Geometry:
    """What becomes of `picture`; `full` leaves it alone, whatever the dpr."""
    if options.is_full:
        return Geometry(resized=picture)
    wanted = _wanted(picture, options)
    match options.fit:
        case Fit.STRETCH:
            return Geometry(resized=wanted)
        case Fit.CROP:
            return _cropped(picture, wanted, options.gravity)
        case Fit.PAD:
            return _padded(_inside(picture, wanted, enlarges=False), wanted)
        case _:
            return Geometry(resized=_fitting(picture, wanted, options))


def _wanted(picture: Size, options: Options) -> Size:
    """The asked-for box; a side that was not given follows the picture's aspect ratio."""
    width, height = options.width, options.height
    if width is None:
        width_pixels = device_pixels((height or 1) * picture.width / picture.height, options.dpr)
    else:
        width_pixels = device_pixels(width, options.dpr)
    if height is None:
        height_pixels = device_pixels((width or 1) * picture.height / picture.width, options.dpr)
    else:
        height_pixels = device_pixels(height, options.dpr)
    return Size(width=width_pixels, height=height_pixels)


def _fitting(picture: Size, wanted: Size, options: Options) -> Size:
    """Inside `wanted`; where one side was asked for, that side exactly."""
    enlarges = options.fit is Fit.FIT
    if options.width is not None and options.height is not None:
        return _inside(picture, wanted, enlarges=enlarges)
    # The other side is rounded already: were it to decide, the asked-for one would shrink.
    is_larger = wanted.width > picture.width or wanted.height > picture.height
    return picture if is_larger and not enlarges else wanted


def _inside(picture: Size, box: Size, *, enlarges: bool) -> Size:
    """The largest size of the same ratio inside `box`."""
    scale = min(box.width / picture.width, box.height / picture.height)
    if scale >= 1 and not enlarges:
        return picture
    return Size(
        width=min(box.width, device_pixels(picture.width, scale)),
        height=min(box.height, device_pixels(picture.height, scale)),
    )


def _cropped(picture: Size, box: Size, gravity: Gravity | FocalPoint) -> Geometry:
    """Fill `box`, then cut what hangs over; small pictures are enlarged to fill it."""
    scale = max(box.width / picture.width, box.height / picture.height)
    filling = Size(
        width=max(box.width, device_pixels(picture.width, scale)),
        height=max(box.height, device_pixels(picture.height, scale)),
    )
    if filling == box:
        return Geometry(resized=box)
    if gravity is Gravity.AUTO:
        return Geometry(resized=filling, attention=box)
    x, y = _focus(gravity)
    return Geometry(
        resized=filling,
        crop=Box(
            left=_start(filling.width, box.width, x),
            top=_start(filling.height, box.height, y),
            width=box.width,
            height=box.height,
        ),
    )


_SIDES = {
    Gravity.CENTER: (0.5, 0.5),
    Gravity.TOP: (0.5, 0.0),
    Gravity.BOTTOM: (0.5, 1.0),
    Gravity.LEFT: (0.0, 0.5),
    Gravity.RIGHT: (1.0, 0.5),
}


def _focus(gravity: Gravity | FocalPoint) -> tuple[float, float]:
    if isinstance(gravity, FocalPoint):
        return gravity.x, gravity.y
    return _SIDES[gravity]


def _start(whole: int, kept: int, focus: float) -> int:
    """Where the kept part begins so that `focus` lies as near its middle as the edges allow."""
    # Rounded, not cut: with one pixel kept, cutting may leave the focus outside.
    return min(max(0, math.ceil(whole * focus - kept / 2 - 0.5)), whole - kept)


def _padded(picture: Size, canvas: Size) -> Geometry:
    if picture == canvas:
        return Geometry(resized=picture)
    return Geometry(
        resized=picture,
        canvas=Box(
            left=(canvas.width - picture.width) // 2,
            top=(canvas.height - picture.height) // 2,
            width=canvas.width,
            height=canvas.height,
        ),
    )
