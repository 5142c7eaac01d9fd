"""Between the frames of an animation: pixels that change too little to be written again.

libvips can do so while it writes a GIF. But a frame in which nothing changes by more than that
disappears in the one before it; here such a frame keeps its small change, exactly.
"""

import numpy as np
import numpy.typing as npt
import pyvips

from imgproxy_py.engine.pixels import Pixels

# Differences beyond this are as good as any: their squares then fit sixteen bits.
_MOST = 120
# GIF's one bit of alpha: what is half transparent or more is not there.
_VISIBLE_FROM_ALPHA = 128
_FIELDS = ("page-height", "loop")


def held_still(tall: pyvips.Image, frames: int, stray: float) -> pyvips.Image:
    """`tall` with every pixel kept from the frame before while it is no further than `stray` from
    it (0..32, the distance in RGB).

    It is compared with what is shown, so that slow changes do not pile up. The delays of `tall` are
    left behind.
    """
    if frames == 1 or stray <= 0:
        return tall
    pages = np.frombuffer(tall.write_to_memory(), np.uint8)
    pages = pages.reshape(frames, tall.height // frames * tall.width, tall.bands)
    shown = np.empty_like(pages)
    shown[0] = pages[0]
    for number in range(1, frames):
        shown[number] = shown[number - 1]
        is_changed = _is_changed(pages[number], shown[number - 1], stray)
        if is_changed.any():
            shown[number][is_changed] = pages[number][is_changed]
        elif not np.array_equal(pages[number], pages[number - 1]):
            if np.array_equal(pages[number], shown[number - 1]):
                # What was held back there is all that tells the two apart.
                shown[number - 1] = pages[number - 1]
            shown[number] = pages[number]
    held = pyvips.Image.new_from_memory(shown, tall.width, tall.height, tall.bands, "uchar")
    held = held.copy(interpretation=tall.interpretation)
    for field in _FIELDS:
        held.set_type(pyvips.GValue.gint_type, field, tall.get(field))
    return held


def _is_changed(page: Pixels, before: Pixels, stray: float) -> npt.NDArray[np.bool_]:
    colors = page.shape[1] - (page.shape[1] in (2, 4))
    distance = np.maximum(page, before) - np.minimum(page, before)
    squares = np.minimum(distance[:, :colors], _MOST).astype(np.uint16) ** 2
    total = squares[:, 0].copy()
    for band in range(1, colors):
        total += squares[:, band]
    is_far: npt.NDArray[np.bool_] = total > stray * stray
    if colors < page.shape[1]:
        is_there = page[:, -1] >= _VISIBLE_FROM_ALPHA
        is_far = (is_far & is_there) | (is_there != (before[:, -1] >= _VISIBLE_FROM_ALPHA))
    return is_far
