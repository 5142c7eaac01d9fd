"""Choose the format: which ways of writing this picture may compete. Decides, encodes nothing.

A format that the request fixes wins. Otherwise `Accept` opens AVIF and WebP, and without it a
result must open everywhere: JPEG, PNG or GIF by what the picture needs. The likely winner stands
first, and one that cannot win is not tried.
"""

from dataclasses import dataclass

from imgproxy_py.engine import encode
from imgproxy_py.engine.animation_method import animation_prior
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.animated_webp import lossless_ratio
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.png import PALETTE_MAX_PIXELS, PALETTE_UP_TO_TARGET
from imgproxy_py.engine.errors import ImpossibleResult
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Tier
from options_grammar.options import Format

FIXED_FORMATS: dict[Format, ImageFormat] = {
    Format.JPEG: ImageFormat.JPEG,
    Format.PNG: ImageFormat.PNG,
    Format.WEBP: ImageFormat.WEBP,
    Format.AVIF: ImageFormat.AVIF,
    Format.GIF: ImageFormat.GIF,
    Format.WEBM: ImageFormat.WEBM,
    Format.H264: ImageFormat.MP4,
}
VIDEOS = frozenset((ImageFormat.WEBM, ImageFormat.MP4))
# Lossy WebP cannot reach 90 on some photographs at any quality.
_WEBP_BELOW_TARGET = 88.0
_LOSSLESS_TRIAL_PIXELS = 4_000_000
# Bytes of lossless animated WebP over lossy, as an excerpt foretells them: right to 1.4 times.
_SURELY_LOSSLESS_RATIO, _SURELY_LOSSY_RATIO = 0.7, 1.4
# Nearly lossless WebP scores 88 at its coarsest; below that other recipes are smaller.
_NEAR_LOSSLESS_ABOVE_TARGET = 84.0
_DITHERED_FROM_TARGET = 84.0
# An AVIF's boxes weigh about 300 bytes: on icons other formats are worth a try too.
_ICON_PIXELS = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`is_automatic`: the request left the format open, or asked for one it cannot have."""

    recipes: tuple[Recipe, ...]
    is_automatic: bool
    warnings: tuple[str, ...] = ()


def choose_recipes(
    *, asked: Format, accepts: frozenset[ImageFormat], facts: SourceFacts, brief: Brief
) -> Choice:
    """Raises ImpossibleResult when a fixed format cannot hold the result's size."""
    if asked is Format.AUTO:
        recipes = _automatic(accepts, facts, brief)
        return Choice(
            recipes=recipes, is_automatic=True, warnings=_alpha_warning(recipes, facts, brief)
        )
    fixed = FIXED_FORMATS[asked]
    if fixed in VIDEOS and brief.rendered.frames == 1:
        text = f"format={asked} is for animated sources; this one is still, so it stays a picture"
        recipes = _automatic(accepts, facts, brief)
        return Choice(recipes=recipes, is_automatic=True, warnings=(text,))
    _require_fits(fixed, brief)
    recipes, warnings = _fixed(fixed, facts, brief)
    return Choice(recipes=recipes, is_automatic=False, warnings=warnings)


def _fixed(
    fixed: ImageFormat, facts: SourceFacts, brief: Brief
) -> tuple[tuple[Recipe, ...], tuple[str, ...]]:
    warnings = _frames_warning(fixed, facts)
    match fixed:
        case ImageFormat.PNG:
            return _png(facts, brief, is_fixed=True), warnings
        case ImageFormat.WEBP:
            return _webp(facts, brief), warnings
        case ImageFormat.JPEG:
            return _jpeg(brief), warnings
        case ImageFormat.AVIF:
            return _avif(brief), warnings
    return (Recipe(format=fixed),), warnings


def _frames_warning(fixed: ImageFormat, facts: SourceFacts) -> tuple[str, ...]:
    if not facts.is_animated or FORMATS[fixed].carries_animation:
        return ()
    text = f"the source has {facts.frames} frames and {fixed} holds one: this is the first;"
    return (f"{text} webp, gif, webm and h264 hold them all",)


def hardens_alpha(recipe: Recipe, facts: SourceFacts, brief: Brief) -> bool:
    """GIF has one bit of alpha: what was half transparent becomes opaque or nothing."""
    is_gif = recipe.format is ImageFormat.GIF and facts.format is not ImageFormat.GIF
    return is_gif and brief.content.uses_alpha


def _alpha_warning(
    recipes: tuple[Recipe, ...], facts: SourceFacts, brief: Brief
) -> tuple[str, ...]:
    if not any(hardens_alpha(recipe, facts, brief) for recipe in recipes):
        return ()
    return ("gif holds no soft transparency: its edges are hard now; format=webp keeps them",)


def _automatic(
    accepts: frozenset[ImageFormat], facts: SourceFacts, brief: Brief
) -> tuple[Recipe, ...]:
    opened = frozenset(each for each in accepts if fits(each, brief))
    if brief.rendered.frames > 1:
        return _animated(opened, facts, brief)
    if _deserves_lossless_trial(brief):
        return _graphic(opened, facts, brief)
    return _photograph(opened, facts, brief)


def _deserves_lossless_trial(brief: Brief) -> bool:
    """Lossless encoders take half a second per megapixel, and on many colors they rarely win."""
    is_affordable = brief.content.has_few_colors or brief.pixels <= _LOSSLESS_TRIAL_PIXELS
    return brief.content.is_graphic and is_affordable


def _animated(
    opened: frozenset[ImageFormat], facts: SourceFacts, brief: Brief
) -> tuple[Recipe, ...]:
    return _animated_webp(brief) if ImageFormat.WEBP in opened else (encode.GIF,)


def _animated_webp(brief: Brief) -> tuple[Recipe, ...]:
    """Lossless is smaller where a drawing moves; a few frames tell, but for a doubtful middle."""
    ratio = lossless_ratio(brief, animation_prior(encode.WEBP, brief).start)
    if ratio < _SURELY_LOSSLESS_RATIO:
        return (encode.LOSSLESS_WEBP,)
    both = (encode.LOSSLESS_WEBP, encode.WEBP)
    return both if ratio <= _SURELY_LOSSY_RATIO else (encode.WEBP,)


def _graphic(
    opened: frozenset[ImageFormat], facts: SourceFacts, brief: Brief
) -> tuple[Recipe, ...]:
    """A drawing, or whatever else deserves a lossless trial."""
    if ImageFormat.AVIF in opened:
        webp = _exact_webp(facts, brief) if ImageFormat.WEBP in opened else _png(facts, brief)
        return (*_avif(brief), *_icon_webp(opened, brief), *webp)
    if ImageFormat.WEBP in opened:
        return (*_webp(facts, brief), *_jpeg_too(brief))
    return (*_png(facts, brief), *_jpeg_too(brief))


def _jpeg_too(brief: Brief) -> tuple[Recipe, ...]:
    """A screenshot may be mostly photograph; then JPEG is the smaller."""
    may_be_jpeg = not (brief.content.uses_alpha or brief.content.suits_palette)
    return _jpeg(brief) if may_be_jpeg else ()


def _photograph(
    opened: frozenset[ImageFormat], facts: SourceFacts, brief: Brief
) -> tuple[Recipe, ...]:
    if ImageFormat.AVIF in opened:
        return (*_avif(brief), *_icon_webp(opened, brief))
    if brief.content.uses_alpha:
        return (encode.WEBP,) if ImageFormat.WEBP in opened else _png(facts, brief)
    # On photographs a good JPEG is as small as WebP, and the smaller changes with the picture.
    tries_webp = ImageFormat.WEBP in opened and brief.target < _WEBP_BELOW_TARGET
    return ((encode.WEBP,) if tries_webp else ()) + _jpeg(brief)


def _jpeg(brief: Brief) -> tuple[Recipe, ...]:
    full = (encode.FULL_CHROMA_JPEG,) if brief.content.has_sharp_chroma else ()
    return (encode.JPEG, *full)


def _avif(brief: Brief) -> tuple[Recipe, ...]:
    if brief.tier is Tier.SETTLED:
        # With ten bits, whole chroma saves 2 % of photographs' bytes too, for 1.4 times the CPU.
        return (encode.FULL_CHROMA_AVIF,)
    full = (encode.FULL_CHROMA_AVIF,) if brief.content.has_sharp_chroma else ()
    return (encode.AVIF, *full)


def _icon_webp(opened: frozenset[ImageFormat], brief: Brief) -> tuple[Recipe, ...]:
    tries_webp = brief.pixels <= _ICON_PIXELS and ImageFormat.WEBP in opened
    return (encode.WEBP,) if tries_webp else ()


def _webp(facts: SourceFacts, brief: Brief) -> tuple[Recipe, ...]:
    """Lossy, and for drawings the exact kinds too."""
    if brief.rendered.frames > 1:
        return _animated_webp(brief)
    if not _deserves_lossless_trial(brief):
        return (encode.WEBP,)
    return (encode.WEBP, *_exact_webp(facts, brief))


def _exact_webp(facts: SourceFacts, brief: Brief) -> tuple[Recipe, ...]:
    near = (encode.NEAR_LOSSLESS_WEBP,) if brief.target > _NEAR_LOSSLESS_ABOVE_TARGET else ()
    palettes = _palettes(encode.FLAT_PALETTE_WEBP, encode.PALETTE_WEBP, facts, brief)
    return (*palettes, *near, encode.LOSSLESS_WEBP)


def _png(facts: SourceFacts, brief: Brief, *, is_fixed: bool = False) -> tuple[Recipe, ...]:
    palettes = _palettes(
        encode.FLAT_PALETTE_PNG, encode.PALETTE_PNG, facts, brief, is_fixed=is_fixed
    )
    return (*palettes, encode.LOSSLESS_PNG)


def _palettes(
    flat: Recipe, dithered: Recipe, facts: SourceFacts, brief: Brief, *, is_fixed: bool = False
) -> tuple[Recipe, ...]:
    """Where the picture suits one, or has no format to lose detail in: because of its alpha, or
    because PNG was asked for.

    Dithering saves 1 % of all drawings' bytes at most, and takes as long again.
    """
    is_wanted = brief.content.suits_palette or brief.content.uses_alpha or is_fixed
    is_affordable = brief.content.suits_palette or brief.pixels <= PALETTE_MAX_PIXELS
    allows_palette = brief.target <= PALETTE_UP_TO_TARGET and not _was_palette(facts, brief)
    if not (is_wanted and is_affordable and allows_palette):
        return ()
    is_careful = brief.tier is Tier.SETTLED and brief.target >= _DITHERED_FROM_TARGET
    return (flat, dithered) if is_careful else (flat,)


def _was_palette(facts: SourceFacts, brief: Brief) -> bool:
    """A picture that was quantized before is not quantized again."""
    is_indexed = facts.is_palette or (
        facts.format is ImageFormat.WEBP and facts.is_lossless and brief.content.has_few_colors
    )
    return is_indexed and brief.rendered.is_source_size


def fits(image_format: ImageFormat, brief: Brief) -> bool:
    """Whether the format can hold a picture of this size."""
    sides = (brief.rendered.width, brief.rendered.page_height)
    return max(sides) <= FORMATS[image_format].max_side_pixels


def _require_fits(fixed: ImageFormat, brief: Brief) -> None:
    if not fits(fixed, brief):
        limit = FORMATS[fixed].max_side_pixels
        raise ImpossibleResult(
            f"{fixed} holds at most {limit} pixels a side, and the result would be"
            f" {brief.rendered.width}x{brief.rendered.page_height};"
            " ask for a smaller size or another format"
        )
