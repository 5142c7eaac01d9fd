"""GIF, still and animated: 256 colors a frame, one bit of alpha."""

import pyvips

from imgproxy_py.engine.encode.brief import Brief

# How far a pixel may stray from the frame before and still count as unchanged (0..32), and
# from which target on. 8 took a screen recording from 50 % to 28 % of the source at no cost in
# score; above a target of 80 half of that.
_INTERFRAME_MAX_ERROR = ((96.0, 0), (80.0, 4), (0.0, 8))
# Palettes this alike are shared between frames.
_INTERPALETTE_MAX_ERROR = 3


def encode_gif(brief: Brief, _quality: int) -> bytes:
    """Animated when the rendered reference is; there is no quality number."""
    is_animated = brief.rendered.frames > 1
    image = brief.animation(allows_alpha=True) if is_animated else brief.still(allows_alpha=True)
    if is_animated:
        delays = whole_centiseconds(image.get("delay"))
        image.set_type(pyvips.GValue.array_int_type, "delay", delays)
    stray = next(error for at, error in _INTERFRAME_MAX_ERROR if brief.target >= at)
    data: bytes = image.gifsave_buffer(
        effort=7,
        dither=1.0,
        interframe_maxerror=stray,
        interpalette_maxerror=_INTERPALETTE_MAX_ERROR,
        keep=0,
    )
    return data


def whole_centiseconds(delays_ms: list[int]) -> list[int]:
    """Delays as GIF can hold them, in steps of 10 ms; what is rounded off goes to the next frame.

    Twenty frames of 75 ms become 70 and 80 in turn, and last 1500 ms as before.
    """
    held, told_ms, held_ms = [], 0, 0
    for delay_ms in delays_ms:
        told_ms += delay_ms
        centiseconds = round((told_ms - held_ms) / 10)
        held.append(10 * centiseconds)
        held_ms += 10 * centiseconds
    return held
