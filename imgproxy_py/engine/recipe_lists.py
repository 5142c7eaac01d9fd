"""Lists of recipes: for each kind of picture the ways of writing it, the likely winner first."""

from imgproxy_py.engine import encode
from imgproxy_py.engine.animation_method import animation_prior
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.animated_webp import lossless_ratio
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.jpeg import TRELLIS_FROM_PIXELS
from imgproxy_py.engine.encode.png import PALETTE_MAX_PIXELS, PALETTE_UP_TO_TARGET
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier

# Lossy WebP cannot reach 90 on some photographs at any quality.
_WEBP_BELOW_TARGET = 88.0
_LOSSLESS_TRIAL_PIXELS = 4_000_000
# Bytes of lossless animated WebP over lossy, as an excerpt foretells them: right to 1.4 times.
_SURELY_LOSSLESS_RATIO, _SURELY_LOSSY_RATIO = 0.7, 1.4
# Nearly lossless WebP scores 88 at its coarsest; below that other recipes are smaller.
_NEAR_LOSSLESS_ABOVE_TARGET = 84.0
_DITHERED_FROM_TARGET = 84.0
# Beyond this, a second way of writing the same format saves too little for its time.
_SECOND_TRIAL_PIXELS = 2_000_000
# Where halved chroma begins to cost some photographs a tenth of their bytes; from 88 on it cannot
# reach the target on others.
_FULL_CHROMA_JPEG_FROM_TARGETS = {Tier.LIVE: 84.0, Tier.SETTLED: 78.0}
# An AVIF's boxes weigh about 300 bytes: on icons other formats are worth a try too.
_ICON_PIXELS = 16_000


def animated(
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


def graphic(opened: frozenset[ImageFormat], facts: SourceFacts, brief: Brief) -> tuple[Recipe, ...]:
    """A drawing, or whatever else deserves a lossless trial."""
    if ImageFormat.AVIF in opened:
        exact = _exact_webp(facts, brief) if ImageFormat.WEBP in opened else png(facts, brief)
        return (*avif(brief), *_icon_webp(opened, brief), *exact)
    if ImageFormat.WEBP in opened:
        return (*webp(facts, brief), *_jpeg_too(brief))
    return (*png(facts, brief), *_jpeg_too(brief))


def _jpeg_too(brief: Brief) -> tuple[Recipe, ...]:
    """A screenshot may be mostly photograph; then JPEG is the smaller."""
    may_be_jpeg = not (brief.content.uses_alpha or brief.content.suits_palette)
    return jpeg(brief) if may_be_jpeg else ()


def photograph(
    opened: frozenset[ImageFormat], facts: SourceFacts, brief: Brief
) -> tuple[Recipe, ...]:
    if ImageFormat.AVIF in opened:
        return (*avif(brief), *_icon_webp(opened, brief))
    if brief.content.uses_alpha:
        return (encode.WEBP,) if ImageFormat.WEBP in opened else png(facts, brief)
    # On photographs a good JPEG is as small as WebP, and the smaller changes with the picture.
    tries_webp = ImageFormat.WEBP in opened and brief.target < _WEBP_BELOW_TARGET
    return ((encode.WEBP,) if tries_webp else ()) + jpeg(brief)


def jpeg(brief: Brief) -> tuple[Recipe, ...]:
    """Photographs are quantized by ourselves, but for the smallest while somebody waits. Whole
    chroma is tried where the target is high, and where nobody waits on drawings, which it costs
    little."""
    content = brief.content
    has_time = brief.tier is Tier.SETTLED and brief.pixels <= _SECOND_TRIAL_PIXELS
    is_small = brief.pixels < TRELLIS_FROM_PIXELS
    is_high = brief.target >= _FULL_CHROMA_JPEG_FROM_TARGETS[brief.tier]
    wants_full = is_high or content.has_sharp_chroma or (has_time and content.is_graphic)
    full = (encode.FULL_CHROMA_JPEG,) if wants_full else ()
    if content.is_graphic:
        return (encode.JPEG, *full)
    usual = (encode.JPEG,) if is_small else ()
    masked = (encode.MASKED_JPEG,) if has_time or not is_small else ()
    return (*usual, *masked, *full)


def avif(brief: Brief) -> tuple[Recipe, ...]:
    if brief.tier is Tier.SETTLED:
        # With ten bits, whole chroma saves 2 % of photographs' bytes too, for 1.4 times the CPU.
        return (encode.FULL_CHROMA_AVIF,)
    full = (encode.FULL_CHROMA_AVIF,) if brief.content.has_sharp_chroma else ()
    return (encode.AVIF, *full)


def _icon_webp(opened: frozenset[ImageFormat], brief: Brief) -> tuple[Recipe, ...]:
    tries_webp = brief.pixels <= _ICON_PIXELS and ImageFormat.WEBP in opened
    return (encode.WEBP,) if tries_webp else ()


def webp(facts: SourceFacts, brief: Brief) -> tuple[Recipe, ...]:
    """Lossy, and for drawings the exact kinds too."""
    if brief.rendered.frames > 1:
        return _animated_webp(brief)
    if not deserves_lossless_trial(brief):
        return (encode.WEBP,)
    return (encode.WEBP, *_exact_webp(facts, brief))


def _exact_webp(facts: SourceFacts, brief: Brief) -> tuple[Recipe, ...]:
    near = (encode.NEAR_LOSSLESS_WEBP,) if brief.target > _NEAR_LOSSLESS_ABOVE_TARGET else ()
    palettes = _palettes(encode.FLAT_PALETTE_WEBP, encode.PALETTE_WEBP, facts, brief)
    return (*palettes, *near, encode.LOSSLESS_WEBP)


def png(facts: SourceFacts, brief: Brief, *, is_fixed: bool = False) -> tuple[Recipe, ...]:
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


def deserves_lossless_trial(brief: Brief) -> bool:
    """Lossless encoders take half a second per megapixel, and on many colors they rarely win."""
    is_affordable = brief.content.has_few_colors or brief.pixels <= _LOSSLESS_TRIAL_PIXELS
    return brief.content.is_graphic and is_affordable
