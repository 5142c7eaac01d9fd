"""Likeness: whether two SVGs draw the same picture, by drawing both."""

import math

import pyvips

from imgproxy_py.engine import vips
from imgproxy_py.engine.svg.errors import NotCleanableError
from imgproxy_py.engine.svg_guard import SvgWork

# The long side of the drawings that are compared; a smaller picture is drawn larger.
DRAWN_PIXELS = 512
# An icon with filters is drawn larger here than anywhere else: 100x100 pixels under 200 blurs,
# which svg_guard lets pass, would be 26 times that. This is 0.2 s a drawing at the most.
_MAX_FILTERED_PIXELS = 500_000
# A picture is drawn up to four times here, which takes 1.5 s for so many curved shapes.
_MAX_DRAWN_ELEMENTS = 10_000


class Drawing:
    """One SVG as it looks, drawn once; others are compared with it."""

    def __init__(self, svg: bytes, work: SvgWork) -> None:
        """`work` is what svg_guard counted in it; raises NotCleanableError when it is much."""
        if work.drawn_elements > _MAX_DRAWN_ELEMENTS:
            raise NotCleanableError("the SVG draws too many elements to be drawn again and again")
        vips.set_up()
        natural = _drawn(svg, 1.0)  # lazy: asking for its size draws nothing
        side = min(DRAWN_PIXELS, math.isqrt(_MAX_FILTERED_PIXELS // max(work.filter_weight, 1)))
        self._scale = side / max(natural.width, natural.height)
        self._pixels = _drawn(svg, self._scale).premultiply().copy_memory()

    @property
    def size(self) -> tuple[int, int]:
        return self._pixels.width, self._pixels.height

    def difference(self, other: bytes) -> float:
        """The largest difference of a pixel, 0..255, alpha included; 255 when the sizes differ."""
        pixels = _drawn(other, self._scale).premultiply()
        if (pixels.width, pixels.height) != self.size:
            return 255.0
        return float((self._pixels - pixels).abs().max())


def _drawn(svg: bytes, scale: float) -> pyvips.Image:
    return pyvips.Image.svgload_buffer(svg, scale=scale)
