"""What kind of picture this is, from a few thousand of its pixels (about a millisecond).

Drawings and screenshots hold runs of exactly equal pixels; photographs hold few, not even in a
plain sky, and fewer still once they are resized.
"""

from dataclasses import dataclass
from itertools import compress, islice
from operator import ne

import pyvips

# Neighbors compared; enough to tell the kinds apart, few enough to count in Python.
SAMPLE_PAIRS = 1_500
_FEWEST_ROWS = 12
# Corpus, share of equal neighbors: photographs at 500 pixels 0.00..0.14, at 0.4 megapixels up to
# 0.25, at several megapixels (where they are soft) up to 0.41; graphics 0.33..1.00 at 500 pixels.
GRAPHIC_FLAT_SHARE = 0.30
LARGE_GRAPHIC_FLAT_SHARE = 0.45
LARGE_PIXELS = 1_000_000
# Eight bits of gray hold 256 colors at most, and gray photographs are flatter (0.28..0.50).
GRAY_GRAPHIC_FLAT_SHARE = 0.51
PALETTE_COLORS = 256
# A jump of (red - green) or (blue - green) that 4:2:0 smears visibly.
_SHARP_CHROMA = 110
_SHARP_CHROMA_SHARE = 0.01
_JUMPS_LOOKED_AT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """`colors` counts those of the sample, so the picture has at least as many."""

    colors: int
    is_graphic: bool
    uses_alpha: bool = False
    has_sharp_chroma: bool = False

    @property
    def has_few_colors(self) -> bool:
        """So few that a palette probably holds them all."""
        return self.colors <= PALETTE_COLORS


def measure(image: pyvips.Image, pixels: memoryview | None = None) -> Content:
    """Look at whole rows spread over the picture; a wide picture's rows are thinned in pairs.

    `pixels` are those of `image`, where they are at hand: that spares a pipeline.
    """
    width, height = image.width, image.height
    bands = 0 if pixels is None else len(pixels) // (width * height)
    if pixels is not None and bands in (3, 4):
        sample = _rows_of(pixels, width, height, bands)
    else:
        sample = _sampled_rows(image, width, height)
    # Odd, so that patterns of two, four or eight pixels don't hide between the pairs.
    step = max(len(sample) // SAMPLE_PAIRS, 3) | 1
    left, right = sample[0::step].tolist(), sample[1::step].tolist()
    differs = list(map(ne, left, right))
    flat_share = 1 - sum(differs) / max(len(differs), 1)
    colors = set(left).union(right)
    is_graphic = flat_share >= _threshold(colors, width * height)
    return Content(
        colors=len(colors),
        is_graphic=is_graphic,
        uses_alpha=bool(image.hasalpha()) and image[image.bands - 1].min() < _opaque(image),
        has_sharp_chroma=is_graphic
        and _is_sharp(
            list(islice(compress(zip(left, right, strict=False), differs), _JUMPS_LOOKED_AT)),
            differs,
        ),
    )


def _threshold(colors: set[int], pixels: int) -> float:
    if all(c & 255 == c >> 8 & 255 == c >> 16 & 255 for c in colors):
        return GRAY_GRAPHIC_FLAT_SHARE
    return GRAPHIC_FLAT_SHARE if pixels < LARGE_PIXELS else LARGE_GRAPHIC_FLAT_SHARE


def _is_sharp(jumps: list[tuple[int, int]], differs: list[bool]) -> bool:
    """Whether more than one neighbor in a hundred is a hard step in color."""
    if not jumps:
        return False
    share = sum(_chroma_jump(*jump) > _SHARP_CHROMA for jump in jumps) / len(jumps)
    return share * sum(differs) > _SHARP_CHROMA_SHARE * len(differs)


def _chroma_jump(left: int, right: int) -> int:
    red = (left & 255) - (right & 255)
    green = (left >> 8 & 255) - (right >> 8 & 255)
    blue = (left >> 16 & 255) - (right >> 16 & 255)
    return max(abs(red - green), abs(blue - green))


def _opaque(image: pyvips.Image) -> int:
    return 255 if image.format == "uchar" else 65_535


def _distance(width: int, height: int) -> int:
    """From one sampled row to the next."""
    return height // min(max(2 * SAMPLE_PAIRS // width, _FEWEST_ROWS), height)


def _rows_of(pixels: memoryview, width: int, height: int, bands: int) -> memoryview:
    """Pixels of rows spread evenly over the picture, one 32-bit number each (RGBA)."""
    stride = width * bands
    tops = range(0, height, _distance(width, height))
    rows = b"".join([pixels[top * stride : (top + 1) * stride] for top in tops])
    if bands == 4:
        return memoryview(rows).cast("I")
    padded = bytearray(b"\xff") * (len(rows) // 3 * 4)
    for band in range(3):
        padded[band::4] = rows[band::3]
    return memoryview(padded).cast("I")


def _sampled_rows(image: pyvips.Image, width: int, height: int) -> memoryview:
    """The same of any image, by a pipeline of its own."""
    sample = image.subsample(1, _distance(width, height))
    if sample.format != "uchar":
        sample = sample.colourspace("srgb" if sample.bands > 2 else "b-w")
    if sample.bands < 3:
        alpha = [sample[1]] if sample.bands == 2 else []
        sample = sample[0].bandjoin([sample[0], sample[0], *alpha])
    if sample.bands == 3:
        sample = sample.bandjoin(255)
    return memoryview(sample.write_to_memory()).cast("I")
