"""What an encoder will make of a long animation, by a few frames of it.

The excerpt is runs of neighbors from all over the animation. Encoded once whole and once with the
first frame of each run only, it tells what a frame costs that stands alone and what one costs that
continues another. The whole animation is one of the former and many of the latter; but in a
recording of a screen little moves for most of the time, and where all of it changes the excerpt
seldom is. So a frame is counted by how many of its pixels change.
"""

from collections.abc import Callable
from dataclasses import replace

import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.frame_changes import changed_shares
from imgproxy_py.engine.timeline import shown_delays_ms

_RUNS, _RUN_FRAMES = 3, 4
# Below this, the excerpt saves too little to be worth its error.
FEWEST_FRAMES = 2 * _RUNS * _RUN_FRAMES


def expected_bytes(
    brief: Brief, encode: Callable[[Brief], bytes], encoded_excerpt: bytes | None = None
) -> float:
    """Bytes of the whole animation, within some 20 %; of a short one it is what `encode` gives.

    `encoded_excerpt` is what `encode` makes of the excerpt, where that is known.
    """
    frames = brief.rendered.frames
    if frames < FEWEST_FRAMES:
        return float(len(encode(brief)))
    followed = len(encode(excerpt(brief)) if encoded_excerpt is None else encoded_excerpt)
    alone = len(encode(part_of(brief, _starts(frames))))
    shares = changed_shares(brief.rendered)
    continuing = [shares[start + at] for start in _starts(frames) for at in range(1, _RUN_FRAMES)]
    frame_bytes = max(followed - alone, 0) / len(continuing)
    share = sum(continuing) / len(continuing)
    # What changes is written anew, like a frame that stands alone; the rest is the same for all.
    of_whole = min(alone / _RUNS, frame_bytes / share) if share > 0 else alone / _RUNS
    fixed = frame_bytes - of_whole * share
    return alone / _RUNS + fixed * (frames - 1) + of_whole * sum(shares[1:])


def excerpt(brief: Brief) -> Brief:
    """Twelve frames that stand for a long animation; a short one stands for itself."""
    if brief.rendered.frames < FEWEST_FRAMES:
        return brief
    starts = _starts(brief.rendered.frames)
    return part_of(brief, [start + at for start in starts for at in range(_RUN_FRAMES)])


def _starts(frames: int) -> list[int]:
    """The first frame of each run."""
    return [(frames - _RUN_FRAMES) * run // (_RUNS - 1) for run in range(_RUNS)]


def part_of(brief: Brief, numbers: list[int]) -> Brief:
    """A brief of these frames only."""
    rendered = brief.rendered
    height, delays_ms = rendered.page_height, shown_delays_ms(rendered)
    pages = [rendered.image.crop(0, height * number, rendered.width, height) for number in numbers]
    image = pyvips.Image.arrayjoin(pages, across=1).copy_memory()
    part = replace(
        rendered,
        image=image,
        frames=len(numbers),
        delays_ms=tuple(delays_ms[number] for number in numbers),
        pixels=None,
    )
    return replace(brief, rendered=part)
