"""`quality=lossless`: which ways of writing the source keep every pixel of it.

The source's own bytes, stripped, are always such a way when the format stays. Where the asked-for
format cannot keep the pixels, the result is as good as quality=high and a warning says so.
"""

from dataclasses import replace

from imgproxy_py.engine import encode
from imgproxy_py.engine.choose_format import FIXED_FORMATS, VIDEOS, Choice, choose_recipes, fits
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Format, Options, Preset

_EXACT: dict[ImageFormat, Recipe] = {
    ImageFormat.PNG: encode.LOSSLESS_PNG,
    ImageFormat.WEBP: encode.LOSSLESS_WEBP,
    ImageFormat.AVIF: encode.LOSSLESS_AVIF,
}
_EIGHT_BITS = frozenset((ImageFormat.WEBP, ImageFormat.AVIF))
# Formats that can carry the colors as they are, profile and all.
_PROFILE_FORMATS = frozenset((Format.AUTO, Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF))


def is_lossless_request(options: Options) -> bool:
    """Nothing is lossless once it was resized; such a request means quality=high."""
    return options.quality is Preset.LOSSLESS and options.is_full


def keeps_profile(options: Options) -> bool:
    """Whether the rendered reference shall stay in the source's own colors."""
    return is_lossless_request(options) and options.format in _PROFILE_FORMATS


def choose_exact_recipes(
    *,
    asked: Format,
    accepts: frozenset[ImageFormat],
    facts: SourceFacts,
    brief: Brief,
    has_own_bytes: bool,
) -> Choice:
    """`has_own_bytes`: the stripped source competes too, and may be all there is to do."""
    if asked is Format.AUTO:
        return _automatic(accepts, facts, brief, has_own_bytes)
    fixed = FIXED_FORMATS[asked]
    if fixed is facts.format and has_own_bytes:
        return Choice(recipes=(), is_automatic=False)
    usual = choose_recipes(asked=asked, accepts=accepts, facts=facts, brief=brief)
    if fixed in VIDEOS and usual.is_automatic:
        choice = _automatic(accepts, facts, brief, has_own_bytes)
        return replace(choice, warnings=(*usual.warnings, *choice.warnings))
    is_too_deep = fixed in _EIGHT_BITS and facts.bits > 8
    if fixed in _EXACT and not is_too_deep:
        return Choice(recipes=(_EXACT[fixed],), is_automatic=False, warnings=usual.warnings)
    reason = "holds 8 bits a channel" if is_too_deep else "cannot keep every pixel"
    text = f"quality=lossless: {fixed} {reason} of this source; quality=high was used"
    return Choice(recipes=usual.recipes, is_automatic=False, warnings=(*usual.warnings, text))


def _automatic(
    accepts: frozenset[ImageFormat], facts: SourceFacts, brief: Brief, has_own_bytes: bool
) -> Choice:
    """Lossy sources are smallest as they are; others may be smaller as WebP."""
    if not facts.is_lossless:
        return _kept_lossy(accepts, facts, brief, has_own_bytes)
    opens_webp = ImageFormat.WEBP in accepts and fits(ImageFormat.WEBP, brief)
    recipes = [encode.LOSSLESS_WEBP] if opens_webp and facts.bits <= 8 else []
    if not has_own_bytes:
        recipes.append(encode.GIF if brief.rendered.frames > 1 else encode.LOSSLESS_PNG)
    return Choice(recipes=tuple(recipes), is_automatic=True)


def _kept_lossy(
    accepts: frozenset[ImageFormat], facts: SourceFacts, brief: Brief, has_own_bytes: bool
) -> Choice:
    """A lossy source whose own bytes cannot answer (trimmed, or damaged) loses a little more."""
    if has_own_bytes:
        return Choice(recipes=(), is_automatic=True)
    usual = choose_recipes(asked=Format.AUTO, accepts=accepts, facts=facts, brief=brief)
    text = "quality=lossless: this source has to be encoded again; quality=high was used"
    return replace(usual, warnings=(*usual.warnings, text))
