"""GIF, still and animated: 256 colors a frame, one bit of alpha."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import FEWEST_FRAMES, expected_bytes
from imgproxy_py.engine.timeline import shown_delays_ms, whole_centiseconds

# The quantizer at effort 4 takes half the time, and loses 13 points on moving photographs.
_EFFORT = 7
_QUICK_EFFORT = 4
# Full dithering scored 1 to 4 points lower than half of it and cost up to 20 % more bytes; none
# at all bands.
_DITHER = 0.5
# Palettes this alike are shared between frames. That saves a drawing 8 to 20 % of its bytes for a
# point or two; a photograph 1 to 5 %, and its last frames lose up to 20 points to a stale palette.
_INTERPALETTE_MAX_ERROR = 4
_DRAWING_UP_TO_COLORS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A stretch of qualities that have the bits of a palette index in common.

    `coarse` and `fine` are how far a pixel may stray from the frame before and still count as
    unchanged (0..32), at the stretch's lowest quality and at its highest.
    """

    lowest: int
    highest: int
    bits: int
    coarse: float
    fine: float


# Fewer colors save more bytes for a point of score than straying does, so each stretch ends
# where the next one's score begins.
_STEPS = (
    _Step(lowest=81, highest=100, bits=8, coarse=8, fine=0),
    _Step(lowest=61, highest=80, bits=7, coarse=8, fine=4),
    _Step(lowest=41, highest=60, bits=6, coarse=9, fine=5),
    _Step(lowest=21, highest=40, bits=5, coarse=12, fine=6),
    _Step(lowest=1, highest=20, bits=4, coarse=18, fine=8),
)


def encode_gif(brief: Brief, quality: int) -> bytes:
    """Animated when the rendered reference is; `quality` 1..100 is colors and constancy."""
    if brief.rendered.frames == 1:
        return _saved(brief.still(allows_alpha=True), brief, quality)
    image = brief.animation(allows_alpha=True)
    delays_ms = whole_centiseconds(shown_delays_ms(brief.rendered))
    image.set_type(pyvips.GValue.array_int_type, "delay", delays_ms)
    data = _saved(image, brief, quality)
    if _frames(data) == brief.rendered.frames or _frames(data) >= _distinct_frames(brief):
        return data
    # A small movement may stray so little that its frame is joined with the one before.
    return _saved(image, brief, quality, is_constant=True)


def _frames(data: bytes) -> int:
    header = pyvips.Image.new_from_buffer(data, "")
    return int(header.get("n-pages")) if header.get_typeof("n-pages") else 1


def _distinct_frames(brief: Brief) -> int:
    """How many frames differ from the one before."""
    rendered = brief.rendered
    pages = np.frombuffer(rendered.image.write_to_memory(), np.uint8)
    pages = pages.reshape(rendered.frames, -1)
    return 1 + sum(not np.array_equal(one, other) for one, other in pairwise(pages))


def is_worth_encoding(brief: Brief, quality: int, own_bytes: int) -> bool:
    """Whether a new GIF of a long animation may be smaller than the source's own bytes.

    An excerpt says so, which errs by 20 %; a short animation is always worth it.
    """
    if brief.rendered.frames < FEWEST_FRAMES:
        return True
    return expected_bytes(brief, lambda part: encode_gif(part, quality)) < 1.2 * own_bytes


def _saved(image: pyvips.Image, brief: Brief, quality: int, *, is_constant: bool = False) -> bytes:
    """`is_constant`: only pixels that are equal count as unchanged from frame to frame."""
    step = next(step for step in _STEPS if quality >= step.lowest or step is _STEPS[-1])
    is_drawing = brief.content.colors <= _DRAWING_UP_TO_COLORS
    share = (quality - step.lowest) / (step.highest - step.lowest)
    stray = step.coarse + (step.fine - step.coarse) * share
    data: bytes = image.gifsave_buffer(
        effort=_QUICK_EFFORT if brief.is_quick else _EFFORT,
        bitdepth=step.bits,
        dither=_DITHER,
        interframe_maxerror=0.0 if is_constant else stray,
        interpalette_maxerror=_INTERPALETTE_MAX_ERROR if is_drawing else 0,
        keep=0,
    )
    return data
