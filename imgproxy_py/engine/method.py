"""How each recipe is searched: where to begin, how steep its curve is, how to look ahead.

The figures are medians over photographs and graphics (benchmarks/quality); single pictures lie up
to 15 quality steps away, which is why there is a search.
"""

from dataclasses import dataclass

from imgproxy_py.engine.aim import MAX_ATTEMPTS, Aim, Prior
from imgproxy_py.engine.animation_method import animation_prior, lowest_quality
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.avif import is_thorough
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.jpeg import TRELLIS_FROM_PIXELS, table_for
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.presets import Rows, interpolate, start_quality, table_start_quality
from imgproxy_py.engine.quantization_tables import TableName

# Quality steps for one point of score, by target; then the share of the bytes that a point costs.
_SLOPES: dict[ImageFormat, Rows] = {
    ImageFormat.WEBP: (
        (1, 0.3), (30, 0.8), (60, 1.8), (66, 1.7), (72, 1.5), (78, 1.1), (84, 1.1), (90, 1.5),
    ),
    ImageFormat.AVIF: (
        (1, 0.3), (30, 0.5), (60, 0.7), (66, 0.95), (72, 1.2), (78, 1.4), (84, 1.9), (90, 2.2),
    ),
}  # fmt: skip
_JPEG_SLOPES: dict[TableName, Rows] = {
    TableName.MOZJPEG_5: (
        (1, 0.2), (20, 0.3), (45, 0.9), (60, 2.1), (66, 2.0), (72, 1.8), (78, 1.4), (84, 1.1),
        (90, 0.8),
    ),
    TableName.MOZJPEG_8: (
        (1, 0.2), (20, 0.2), (45, 0.6), (60, 1.3), (66, 2.0), (72, 2.2), (84, 1.8), (90, 1.7),
    ),
    TableName.MASKED: (
        (1, 0.2), (20, 0.3), (30, 0.5), (45, 0.9), (60, 1.7), (66, 1.8), (72, 1.5), (78, 1.4),
        (84, 1.3), (90, 1.3),
    ),
    TableName.FULL_CHROMA_MASKED: (
        (1, 0.3), (20, 0.4), (30, 0.6), (45, 1.0), (60, 1.4), (72, 1.3), (78, 1.2), (84, 1.1),
        (90, 1.0),
    ),
}  # fmt: skip
_BYTES_PER_POINT = {ImageFormat.JPEG: 0.043, ImageFormat.WEBP: 0.03, ImageFormat.AVIF: 0.043}
_PALETTE_SLOPE, _PALETTE_BYTES_PER_POINT = 2.0, 0.03
# A score does not see a band in one gradient of a large drawing: palettes are held to more.
_PALETTE_FROM_TARGET = 78.0
# libwebp's five levels of near-lossless, and where a search among them begins.
_NEAR_START, _NEAR_SLOPE = 40, 6.0
# Nobody waits for a settled result: it ends closer to its target.
_TOLERANCES = {Tier.LIVE: 2.0, Tier.SETTLED: 0.6}
_MARGINS = {Tier.LIVE: 0.8, Tier.SETTLED: 0.3}
# The curves of palettes have kinks of several points, and an attempt without squeezing is cheap.
_PALETTE_ATTEMPTS = 6
_PALETTE_TOLERANCES = {Tier.LIVE: 4.0, Tier.SETTLED: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The quicker sibling of an encoder: what the real one scores above it at the same quality, by
    target (points), and the share of its bytes that the real one needs for the same score."""

    offsets: Rows
    bytes_ratio: float

    def offset(self, target: float) -> float:
        return interpolate(self.offsets, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`quick` is None where no quicker sibling foretells the score. `is_scored` False: there is one
    attempt, at the prior's start, because no score is due to it."""

    prior: Prior
    aim: Aim
    quick: Quick | None = None
    is_scored: bool = True


# Standard deviations: 0.5 points for JPEG, 0.7 for AVIF; WebP's curve has kinks of a point.
_QUICK: dict[tuple[ImageFormat, Tier], Quick] = {
    (ImageFormat.WEBP, Tier.LIVE): Quick(offsets=((60, 0.0),), bytes_ratio=0.85),
    (ImageFormat.WEBP, Tier.SETTLED): Quick(offsets=((60, 0.5),), bytes_ratio=0.81),
    (ImageFormat.AVIF, Tier.LIVE): Quick(
        offsets=((60, 1.1), (66, 1.3), (72, 1.5), (78, 1.7), (84, 2.2)), bytes_ratio=0.89
    ),
    (ImageFormat.AVIF, Tier.SETTLED): Quick(
        offsets=((60, 2.4), (66, 2.4), (72, 2.3), (78, 2.3), (84, 2.5)), bytes_ratio=0.86
    ),
}
_THOROUGH_AVIF = Quick(
    offsets=((60, 3.3), (66, 3.3), (72, 3.2), (78, 3.2), (84, 3.4)), bytes_ratio=0.83
)
# The same levels, with Huffman tables that fit no picture well, and chroma the worst.
_NOT_RESCANNED = Quick(offsets=((60, 0.0),), bytes_ratio=0.94)
_FULL_CHROMA_NOT_RESCANNED = Quick(offsets=((60, 0.0),), bytes_ratio=0.85)
_QUICK_JPEG: dict[TableName, Quick] = {
    TableName.MOZJPEG_5: Quick(
        offsets=((54, -3.7), (60, -3.2), (66, -2.7), (72, -2.3), (76, -1.9)), bytes_ratio=0.98
    ),
    TableName.MOZJPEG_8: Quick(
        offsets=(
            (54, -3.3),
            (60, -2.7),
            (66, -2.3),
            (72, -2.0),
            (76, -1.6),
            (84, -1.0),
            (90, -0.5),
        ),
        bytes_ratio=0.96,
    ),
    TableName.MASKED: _NOT_RESCANNED,
    TableName.FULL_CHROMA_MASKED: _FULL_CHROMA_NOT_RESCANNED,
}


def method_of(recipe: Recipe, brief: Brief) -> Method | None:
    """None for recipes that lose nothing: they have no quality number."""
    if recipe.is_lossless:
        return None
    aim = _aim(recipe, brief)
    moves = brief.rendered.frames > 1 and FORMATS[recipe.format].carries_animation
    is_moving = moves or recipe.format is ImageFormat.GIF
    if is_moving:
        # One bit of alpha scores next to nothing, however good the rest is.
        is_scored = not (recipe.format is ImageFormat.GIF and brief.content.uses_alpha)
        return Method(prior=animation_prior(recipe, brief), aim=aim, is_scored=is_scored)
    return Method(prior=_prior(recipe, brief), aim=aim, quick=_quick(recipe, brief))


def _aim(recipe: Recipe, brief: Brief) -> Aim:
    tolerances = _PALETTE_TOLERANCES if recipe.is_palette else _TOLERANCES
    return Aim(
        target=max(brief.target, _PALETTE_FROM_TARGET) if recipe.is_palette else brief.target,
        tolerance=tolerances[brief.tier],
        margin=_MARGINS[brief.tier],
        counts_probes=brief.tier is Tier.LIVE,
        is_patient=brief.tier is Tier.SETTLED,
        max_attempts=_PALETTE_ATTEMPTS if recipe.is_palette else MAX_ATTEMPTS,
        lowest=lowest_quality(recipe, brief),
        highest=80 if recipe.is_near else 100,
    )


def _prior(recipe: Recipe, brief: Brief) -> Prior:
    if recipe.is_near:
        return Prior(start=_NEAR_START, slope=_NEAR_SLOPE)
    if recipe.is_palette:
        return Prior(
            start=start_quality(ImageFormat.PNG, max(brief.target, _PALETTE_FROM_TARGET)),
            slope=_PALETTE_SLOPE,
            bytes_per_point=_PALETTE_BYTES_PER_POINT,
        )
    if recipe.format is ImageFormat.JPEG:
        table = _table(recipe, brief)
        start = table_start_quality(table, brief.target)
        slope = interpolate(_JPEG_SLOPES[table], brief.target)
    else:
        start = start_quality(recipe.format, brief.target)
        slope = interpolate(_SLOPES[recipe.format], brief.target)
    return Prior(start=start, slope=slope, bytes_per_point=_BYTES_PER_POINT[recipe.format])


def _table(recipe: Recipe, brief: Brief) -> TableName:
    return table_for(
        brief,
        is_masked=recipe.is_masked,
        is_full_chroma=recipe.is_full_chroma,
    )


def _quick(recipe: Recipe, brief: Brief) -> Quick | None:
    """None too for small JPEGs, where the real encoder is the quick one."""
    if recipe.is_near or recipe.is_palette:
        return None
    if recipe.format is ImageFormat.JPEG:
        is_small = brief.pixels < TRELLIS_FROM_PIXELS
        return None if is_small else _QUICK_JPEG[_table(recipe, brief)]
    if recipe.format is ImageFormat.AVIF and is_thorough(brief):
        return _THOROUGH_AVIF
    return _QUICK[recipe.format, brief.tier]
