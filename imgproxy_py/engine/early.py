"""The early answer: a valid, larger result that is there soon, for whoever has a deadline."""

from dataclasses import replace

from imgproxy_py.engine import encode
from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.method import method_of

# It is encoded once, so it is aimed where nearly every picture reaches the target.
_MARGIN_POINTS = 7.0
_QUICK_RECIPES: dict[ImageFormat, Recipe] = {
    ImageFormat.JPEG: encode.JPEG,
    ImageFormat.PNG: encode.LOSSLESS_PNG,
    ImageFormat.WEBP: encode.WEBP,
    ImageFormat.AVIF: encode.AVIF,
}


def quick_recipe(brief: Brief, recipes: tuple[Recipe, ...], *, opens_jpeg: bool) -> Recipe | None:
    """In the format that was asked for, or in one that opens everywhere."""
    if brief.is_exact or brief.rendered.frames > 1:
        return None
    if opens_jpeg and not brief.content.uses_alpha:
        return encode.JPEG
    return _QUICK_RECIPES.get(recipes[0].format) if recipes else None


def quick_entry(recipe: Recipe, brief: Brief, judge: Judge) -> Entry:
    """One hasty encoding; `passes` when it reaches the brief's target."""
    hasty = replace(brief, is_quick=True, target=min(brief.target + _MARGIN_POINTS, 100.0))
    method = method_of(recipe, hasty)
    if method is None:
        data = encode.encode(recipe, hasty, 100)
        return Entry(data=data, format=recipe.format, stop="lossless")
    quality = method.prior.start
    data = encode.encode(recipe, hasty, quality)
    score = _score(recipe, hasty, quality, data, judge)
    stop = "target" if score >= brief.target else "limit"
    return Entry(data=data, format=recipe.format, quality=quality, stop=stop)


def _score(recipe: Recipe, hasty: Brief, quality: int, data: bytes, judge: Judge) -> float:
    """Of the tiles where the picture is large: time is what this answer is about."""
    if judge.sample is None:
        return judge.score(data, recipe.format)
    tiles, tiles_judge = judge.sample
    quick_tiles = replace(hasty, rendered=tiles.rendered)
    return tiles_judge.score(encode.encode(recipe, quick_tiles, quality), recipe.format)
