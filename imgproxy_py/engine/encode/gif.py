"""GIF, still and animated: 256 colors a frame, one bit of alpha."""

from dataclasses import dataclass, replace

import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import FEWEST_FRAMES, expected_bytes
from imgproxy_py.engine.encode.held_still import held_still
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
    image = held_still(brief.animation(allows_alpha=True), brief.rendered.frames, _stray(quality))
    delays_ms = whole_centiseconds(shown_delays_ms(brief.rendered))
    image.set_type(pyvips.GValue.array_int_type, "delay", delays_ms)
    return _saved(image, brief, quality)


def is_worth_encoding(brief: Brief, quality: int, own_bytes: int) -> bool:
    """Whether a new GIF of a long animation may be smaller than the source's own bytes.

    An excerpt says so, which errs by 20 %; a short animation is always worth it.
    """
    if brief.rendered.frames < FEWEST_FRAMES:
        return True
    quick = replace(brief, is_quick=True)
    return expected_bytes(quick, lambda part: encode_gif(part, quality)) < 1.2 * own_bytes


def _step(quality: int) -> _Step:
    return next(step for step in _STEPS if quality >= step.lowest or step is _STEPS[-1])


def _stray(quality: int) -> float:
    step = _step(quality)
    share = (quality - step.lowest) / (step.highest - step.lowest)
    return step.coarse + (step.fine - step.coarse) * share


def _saved(image: pyvips.Image, brief: Brief, quality: int) -> bytes:
    is_drawing = brief.content.colors <= _DRAWING_UP_TO_COLORS
    data: bytes = image.gifsave_buffer(
        effort=_QUICK_EFFORT if brief.is_quick else _EFFORT,
        bitdepth=_step(quality).bits,
        dither=_DITHER,
        # Pixels that are equal to those of the frame before are not written again.
        interframe_maxerror=0.0,
        interpalette_maxerror=_INTERPALETTE_MAX_ERROR if is_drawing else 0,
        keep=0,
    )
    return data
