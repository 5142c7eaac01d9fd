"""How much changes from frame to frame of an animation, by a sixty-fourth of its pixels."""

from itertools import pairwise

import numpy as np

from imgproxy_py.engine.pixels import Pixels
from imgproxy_py.engine.rendered import Rendered

# Every eighth pixel of every eighth row, or of as many as divide a frame.
_STEP = 8
# Less than this (0..255, in any band) is grain, or what dithering does.
_VISIBLE = 8


def mean_changes(rendered: Rendered) -> list[float]:
    """How far each frame is from the one before it (0..255); the first from nothing at all."""
    frames = _thinned(rendered)
    return [0.0, *(float(_distances(one, other).mean()) for one, other in pairwise(frames))]


def changed_shares(rendered: Rendered) -> list[float]:
    """The share of each frame's pixels that are not those of the frame before; of the first 1."""
    frames = _thinned(rendered)
    return [
        1.0,
        *(
            float((_distances(one, other).max(axis=1) > _VISIBLE).mean())
            for one, other in pairwise(frames)
        ),
    ]


def _thinned(rendered: Rendered) -> Pixels:
    """Shape (frames, pixels, bands)."""
    height = rendered.page_height
    down = max(step for step in range(1, _STEP + 1) if height % step == 0)
    thin = rendered.image.subsample(min(_STEP, rendered.width), down)
    pixels = np.frombuffer(thin.write_to_memory(), np.uint8)
    return pixels.reshape(rendered.frames, -1, rendered.image.bands)


def _distances(one: Pixels, other: Pixels) -> Pixels:
    return np.maximum(one, other) - np.minimum(one, other)
