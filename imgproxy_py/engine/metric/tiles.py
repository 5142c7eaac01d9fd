"""Large pictures: tiles are scored while searching, the whole is only confirmed.

A picture made smaller would be cheaper still and misleading: its score is off by up to 13 points.
"""

import math
from typing import Self

import numpy as np

from imgproxy_py.engine.metric.bands import whole_score
from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.metric.picture import Picture, require_size
from imgproxy_py.engine.metric.reference import Reference

SIDE = 512
# (down, along): each is sixteen tiles.
_GRIDS = ((1, 16), (2, 8), (4, 4), (8, 2), (16, 1))
_PERCENTILE = 10.0


class TiledReference:
    """Like `Reference`, for pictures of more than six megapixels or so.

    It keeps the pixels it was given and, of the tiles, 20 bytes per pixel: about 90 MB, twice that
    with alpha.
    """

    def __init__(self, pixels: Bytes) -> None:
        self._pixels = pixels
        self._tiles = {
            corner: Reference.of(_tile(pixels, corner)) for corner in corners(pixels.shape[:2])
        }

    @classmethod
    def of(cls, pixels: Bytes) -> Self:
        """As `Reference.of`; the pixels must not change while this lives."""
        return cls(pixels)

    def score(self, pixels: Bytes) -> float:
        """The tenth percentile of the tiles' scores, at native resolution: a cautious estimate."""
        require_size(pixels, self._pixels.shape[:2])
        scores = [
            reference.score(_tile(pixels, corner)) for corner, reference in self._tiles.items()
        ]
        return float(np.percentile(scores, _PERCENTILE))

    def confirm(self, pixels: Bytes) -> float:
        """The whole picture's score, as `Reference` would give it, in little memory.

        It prepares the reference anew, so it costs nearly twice a score.
        """
        require_size(pixels, self._pixels.shape[:2])
        return whole_score(Picture.of(self._pixels), Picture.of(pixels))


def _tile(pixels: Bytes, corner: tuple[int, int]) -> Bytes:
    top, left = corner
    return np.ascontiguousarray(pixels[top : top + SIDE, left : left + SIDE])


def corners(size: tuple[int, ...]) -> list[tuple[int, int]]:
    """Top and left of each tile: a grid from edge to edge whose cells are as square as can be."""
    height, width = size
    down, along = min(_GRIDS, key=lambda grid: abs(math.log(height * grid[1] / (width * grid[0]))))
    tops = _spread(height, down)
    return [(top, left) for top in tops for left in _spread(width, along)]


def _spread(length: int, count: int) -> list[int]:
    """Where `count` tiles begin on a side; fewer where they would cover the same pixels twice."""
    room = max(length - SIDE, 0)
    count = min(count, 1 + -(-room // SIDE))
    if count == 1:
        return [room // 2]
    return [room * index // (count - 1) for index in range(count)]
