"""Where the search for an animation begins: by what moves, a camera or a drawing.

Medians over the animations of the corpus and drawn ones; a drawing needs far less than a camera.
"""

from dataclasses import replace

from imgproxy_py.engine.aim import Aim, Prior
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.presets import Rows, interpolate

_CAMERA: dict[ImageFormat, Rows] = {
    ImageFormat.WEBP: ((60, 60), (72, 79), (84, 94), (100, 100)),
    ImageFormat.WEBM: ((60, 63), (72, 75), (84, 90), (100, 100)),
    ImageFormat.MP4: ((60, 75), (72, 79), (84, 88), (100, 99)),
    ImageFormat.GIF: ((60, 42), (72, 50), (84, 73), (100, 100)),
}
_DRAWN: dict[ImageFormat, Rows] = {
    ImageFormat.WEBP: ((60, 50), (72, 50), (84, 75), (100, 100)),
    ImageFormat.WEBM: ((60, 44), (72, 52), (84, 68), (100, 100)),
    ImageFormat.MP4: ((60, 64), (72, 69), (84, 77), (100, 99)),
    ImageFormat.GIF: ((60, 21), (84, 21), (100, 100)),
}
_SLOPES = {
    ImageFormat.WEBP: 1.6,
    ImageFormat.WEBM: 1.1,
    ImageFormat.MP4: 0.5,
    ImageFormat.GIF: 1.2,
}
# A video's quality is 100 less its rate factor, which ends at 63 (VP9) and at 51 (x264). Lossy WebP
# below 50 leaves specks in flat grounds, which the score forgives and the eye does not.
_LOWEST = {ImageFormat.WEBM: 37, ImageFormat.MP4: 49}
_LOWEST_DRAWN = _LOWEST | {ImageFormat.WEBP: 50}
# Pixels of all frames; each attempt takes 0.2 to 0.7 s of CPU for a million of them. Frames that
# were not looked at score up to three points less than those of the sample.
_LONG_GIF_PIXELS = {Tier.LIVE: 4_000_000, Tier.SETTLED: 12_000_000}
_LONG_GIF_ATTEMPTS, _LONG_GIF_MARGIN = 2, 3.0


def animation_prior(recipe: Recipe, brief: Brief) -> Prior:
    table = _DRAWN if brief.content.is_graphic else _CAMERA
    start = round(interpolate(table[recipe.format], brief.target))
    return Prior(start=start, slope=_SLOPES[recipe.format])


def whole_aim(recipe: Recipe, brief: Brief, aim: Aim) -> Aim:
    """After the search on a sample. Of a long GIF the first attempt that passes is taken."""
    if recipe.format is not ImageFormat.GIF or brief.pixels <= _LONG_GIF_PIXELS[brief.tier]:
        return aim
    return replace(
        aim,
        tolerance=100.0,
        margin=_LONG_GIF_MARGIN,
        max_attempts=_LONG_GIF_ATTEMPTS,
        counts_probes=False,
    )


def lowest_quality(recipe: Recipe, brief: Brief) -> int:
    """Of a still picture 1."""
    if brief.rendered.frames == 1:
        return 1
    return (_LOWEST_DRAWN if brief.content.is_graphic else _LOWEST).get(recipe.format, 1)
