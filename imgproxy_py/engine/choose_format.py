"""Choose the format: which ways of writing this picture may compete. Decides, encodes nothing.

A format that the request fixes wins. Otherwise `Accept` opens AVIF and WebP, and without it a
result must open everywhere: JPEG, PNG or GIF by what the picture needs. `recipe_lists` has what may
compete in each case; one that cannot win is not tried.
"""

from dataclasses import dataclass

from imgproxy_py.engine import recipe_lists
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.errors import ImpossibleResult
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import FORMATS, ImageFormat
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
            return recipe_lists.png(facts, brief, is_fixed=True), warnings
        case ImageFormat.WEBP:
            return recipe_lists.webp(facts, brief), warnings
        case ImageFormat.JPEG:
            return recipe_lists.jpeg(brief), warnings
        case ImageFormat.AVIF:
            return recipe_lists.avif(brief), warnings
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
        return recipe_lists.animated(opened, facts, brief)
    if recipe_lists.deserves_lossless_trial(brief):
        return recipe_lists.graphic(opened, facts, brief)
    return recipe_lists.photograph(opened, facts, brief)


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
