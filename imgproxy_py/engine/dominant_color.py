"""The dominant color of a picture: the one that most of it has, not the mean of all."""

import numpy as np
import numpy.typing as npt

from imgproxy_py.engine.pixels import Pixels

# Colors are counted in 16 steps a band, and a color is what fits in two steps of each: boxes that
# overlap, so that a color on the border between two steps is not counted as eight rare ones.
_STEPS = 16
_STEP_BITS = 4
_OPAQUE = 128


def dominant_color(pixels: Pixels) -> str | None:
    """`#rrggbb` of RGBA rows, alpha not premultiplied; None where nothing is at least half opaque.

    It is the median of the pixels in the fullest box of 32 by 32 by 32 colors, so that a plain
    ground is told exactly.
    """
    opaque = pixels[pixels[..., 3] >= _OPAQUE][:, :3]
    if not len(opaque):
        return None
    cells = (opaque >> _STEP_BITS).astype(np.intp)
    corner = _fullest_box(cells)
    inside = np.all((cells >= corner) & (cells <= corner + 1), axis=1)
    red, green, blue = np.median(opaque[inside], axis=0).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _fullest_box(cells: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The lowest corner of the box of 2x2x2 cells that holds most pixels, the darkest of equals."""
    counts = np.zeros((_STEPS,) * 3, np.int64)
    np.add.at(counts, tuple(cells.T), 1)
    for axis in range(3):
        low, high = np.arange(_STEPS - 1), np.arange(1, _STEPS)
        counts = counts.take(low, axis) + counts.take(high, axis)
    return np.array(np.unravel_index(counts.argmax(), counts.shape))
