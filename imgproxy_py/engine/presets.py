"""Presets: which score each asks for, and at which quality each encoder usually reaches a score.

Scores are SSIMULACRA2 (30 low, 50 medium, 70 high, 90 visually lossless). The tables hold the
median quality that sixteen photographs needed for a score; single pictures lie up to 15 away.
"""

from itertools import pairwise

from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Preset

TARGET_SCORES: dict[Preset, float] = {
    Preset.LOW: 60.0,
    Preset.MEDIUM: 72.0,
    Preset.HIGH: 84.0,
    # Where nothing may be lost but the format cannot do that, this is the next best.
    Preset.LOSSLESS: 84.0,
}

# Screens with small pixels hide faults: (dpr from here on, points off a preset's target).
_DENSE_SCREENS = ((2.5, 9.0), (1.5, 6.0))

# The formats whose quality is one number, as (score, quality), rising in both.
# JPEG: quantization table 2, 4:2:0, trellis. WebP: effort 4. AVIF: speed 8, 8 bits.
# Measured at 60, 70 and 80; the ends are extrapolated.
START_QUALITIES: dict[ImageFormat, tuple[tuple[float, int], ...]] = {
    ImageFormat.JPEG: ((1, 5), (30, 15), (60, 41), (70, 63), (80, 82), (90, 93), (100, 100)),
    ImageFormat.WEBP: ((1, 1), (30, 14), (60, 48), (70, 75), (80, 87), (90, 97), (100, 100)),
    ImageFormat.AVIF: ((1, 5), (30, 20), (60, 41), (70, 49), (80, 67), (90, 86), (100, 98)),
    # The quantizer's own idea of quality for palettes of at most 256 colors.
    ImageFormat.PNG: ((1, 30), (60, 75), (70, 90), (80, 100), (100, 100)),
}


def target_score(quality: Preset | int, dpr: float = 1.0) -> float:
    """The score to reach. A number is taken as it stands, a preset bends to the screen."""
    if not isinstance(quality, Preset):
        return float(quality)
    return TARGET_SCORES[quality] - next((off for at, off in _DENSE_SCREENS if dpr >= at), 0.0)


def start_quality(image_format: ImageFormat, target: float) -> int:
    """Where a search for `target` begins; without a search, what is used.

    >>> start_quality(ImageFormat.JPEG, 75)
    72
    """
    return round(interpolate(START_QUALITIES[image_format], target))


def usual_score(image_format: ImageFormat, quality: float) -> float:
    """The score that a picture of this quality usually has: `start_quality` backwards."""
    turned = tuple((float(at), score) for score, at in START_QUALITIES[image_format])
    return interpolate(turned, quality)


def interpolate(table: tuple[tuple[float, float], ...], at: float) -> float:
    """On straight lines between the rows of `table`, whose first column rises; flat outside."""
    if at <= table[0][0]:
        return table[0][1]
    for (left, low), (right, high) in pairwise(table):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left) if right > left else high
    return table[-1][1]
