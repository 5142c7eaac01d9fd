"""Presets: which score each asks for, and at which quality each encoder usually reaches a score.

Scores are SSIMULACRA2 (30 low, 50 medium, 70 high, 90 visually lossless). The tables hold the
median quality that photographs needed for a score; single pictures lie up to 15 away.
"""

from itertools import pairwise

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.quantization_tables import TableName, trellised_table
from options_grammar.options import Preset

# Pairs whose first number rises: what stands beside it is interpolated.
Rows = tuple[tuple[float, float], ...]

TARGET_SCORES: dict[Preset, float] = {
    Preset.LOW: 60.0,
    Preset.MEDIUM: 72.0,
    Preset.HIGH: 84.0,
    # Where nothing may be lost but the format cannot do that, this is the next best.
    Preset.LOSSLESS: 84.0,
}

# Screens with small pixels hide faults: (dpr from here on, points off a preset's target).
_DENSE_SCREENS = ((2.5, 9.0), (1.5, 6.0))

# The formats whose quality is one number, as (score, quality), rising in both. Medians of fourteen
# photographs at 500 and 1500 pixels, which lie within 3 of each other (benchmarks/quality); below
# 60 extrapolated. JPEG: the tables that everybody uses, 4:2:0. WebP: effort 4. AVIF: speed 8, 10
# bits. PNG: palettes of drawings, on the scale of `encode.png.quantizer_quality`.
USUAL_QUALITIES: dict[ImageFormat, Rows] = {
    ImageFormat.JPEG: (
        (1, 13), (30, 22), (60, 50), (66, 63), (72, 74), (78, 83), (84, 90), (90, 96), (100, 100),
    ),
    ImageFormat.WEBP: (
        (1, 3), (30, 16), (60, 53), (66, 67), (72, 77), (78, 83), (84, 89), (90, 96), (100, 100),
    ),
    ImageFormat.AVIF: (
        (1, 10), (30, 26), (60, 49), (66, 54), (72, 61), (78, 68), (84, 77), (90, 88), (100, 98),
    ),
    ImageFormat.PNG: (
        (1, 1), (60, 16), (72, 37), (78, 50), (84, 90), (90, 96), (100, 100),
    ),
}  # fmt: skip
# JPEG with the tables that we write: 5 and 8 as mozjpeg quantizes, the others as we do.
JPEG_QUALITIES: dict[TableName, Rows] = {
    TableName.MOZJPEG_5: (
        (1, 8), (20, 15), (30, 18), (45, 29), (60, 51), (66, 64), (72, 74), (78, 83), (84, 91),
        (90, 97), (100, 100),
    ),
    TableName.MOZJPEG_8: (
        (1, 9), (20, 14), (30, 17), (45, 23), (60, 36), (66, 47), (72, 60), (78, 72), (84, 83),
        (90, 93), (100, 100),
    ),
    TableName.MASKED: (
        (1, 11), (10, 13), (20, 16), (30, 21), (45, 31), (60, 51), (66, 61), (72, 71), (78, 80),
        (84, 88), (90, 95), (100, 100),
    ),
    TableName.FULL_CHROMA_MASKED: (
        (1, 16), (10, 18), (20, 22), (30, 27), (45, 38), (60, 57), (66, 65), (72, 73), (78, 81),
        (84, 87), (90, 94), (94, 98), (100, 100),
    ),
}  # fmt: skip


def target_score(quality: Preset | int, dpr: float = 1.0) -> float:
    """The score to reach. A number is taken as it stands, a preset bends to the screen."""
    if not isinstance(quality, Preset):
        return float(quality)
    return TARGET_SCORES[quality] - next((off for at, off in _DENSE_SCREENS if dpr >= at), 0.0)


def start_quality(image_format: ImageFormat, target: float) -> int:
    """Where a search for `target` begins, with the encoder that is tried first.

    >>> start_quality(ImageFormat.JPEG, 72)
    74
    """
    if image_format is ImageFormat.JPEG:
        return table_start_quality(trellised_table(target), target)
    return round(interpolate(USUAL_QUALITIES[image_format], target))


def table_start_quality(table: TableName, target: float) -> int:
    """The same for a JPEG with one of our tables."""
    return round(interpolate(JPEG_QUALITIES[table], target))


def usual_score(image_format: ImageFormat, quality: float) -> float:
    """The score that a picture of this quality usually has, whoever made it.

    >>> usual_score(ImageFormat.JPEG, 74)
    72.0
    """
    return interpolate(turned_about(USUAL_QUALITIES[image_format]), quality)


def turned_about(table: Rows) -> Rows:
    """Scores by quality, of qualities by score."""
    return tuple((at, score) for score, at in table)


def interpolate(table: Rows, at: float) -> float:
    """On straight lines between the rows of `table`, whose first column rises; flat outside."""
    if at <= table[0][0]:
        return table[0][1]
    for (left, low), (right, high) in pairwise(table):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left) if right > left else high
    return table[-1][1]
