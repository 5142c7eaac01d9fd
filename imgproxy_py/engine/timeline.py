"""When each frame of an animation is on the screen, in milliseconds."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from imgproxy_py.engine.rendered import Rendered

# Browsers show a frame that asks for less than 11 ms for 100, whatever the format.
SHORTEST_DELAY_MS = 11
USUAL_DELAY_MS = 100
# Above 10 ms, in the steps of 10 ms that GIF has.
_SHORTEST_GIF_DELAY_MS = 20


def shown_delays_ms(rendered: Rendered) -> list[int]:
    """How long each frame stays on the screen, which for very short delays is not what they say.

    Written this way, equal neighbors that an encoder joins stay as long as they stayed apart.
    """
    return as_shown(list(rendered.delays_ms) or [USUAL_DELAY_MS] * rendered.frames)


def as_shown(delays_ms: Sequence[int]) -> list[int]:
    return [delay if delay >= SHORTEST_DELAY_MS else USUAL_DELAY_MS for delay in delays_ms]


def whole_centiseconds(delays_ms: Sequence[int]) -> list[int]:
    """Delays as GIF can hold them, in steps of 10 ms; what is rounded off goes to the next frame.

    Twenty frames of 75 ms become 70 and 80 in turn, and last 1500 ms as before. None becomes so
    short that it would be shown for 100 ms.
    """
    held, told_ms, held_ms = [], 0, 0
    for delay_ms in delays_ms:
        told_ms += delay_ms
        wanted = 10 * round((told_ms - held_ms) / 10)
        held.append(max(wanted, _SHORTEST_GIF_DELAY_MS))
        held_ms += held[-1]
    return held


def middles_ms(delays_ms: Sequence[int]) -> list[float]:
    """The moment at which half of each frame's time is over."""
    ends = list(accumulate(delays_ms))
    return [end - delay / 2 for end, delay in zip(ends, delays_ms, strict=True)]


def frame_at(delays_ms: Sequence[int], moment_ms: float) -> int:
    """The number of the frame on the screen at `moment_ms`; the last one beyond the end."""
    ends = list(accumulate(delays_ms))
    return min(bisect_right(ends, moment_ms), len(ends) - 1)
