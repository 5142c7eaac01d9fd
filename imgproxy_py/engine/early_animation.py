"""The early answer of an animation: all frames at their moments, encoded in a hurry.

Quick settings are searched on a few of the frames, then every frame is encoded once, and again
where the few had promised too much. What does not reach the target is no answer.
"""

from dataclasses import replace

from imgproxy_py.engine import encode
from imgproxy_py.engine.aim import Candidate, Point
from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.curve import quality_for
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import expected_bytes
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.method import Method, method_of
from imgproxy_py.engine.search import smallest_acceptable

# Points above the target that the few frames must score: the whole lies within three of them. It
# also keeps this answer larger than the one that is searched for with care.
_MARGIN_POINTS, _TOLERANCE_POINTS = 3.0, 3.0
_SAMPLE_ATTEMPTS, _WHOLE_ATTEMPTS = 3, 3
# By format, from two busy cores: seconds for one megapixel of all frames, encoded and scored; and
# with how many times that left whoever waits will see the end of the whole search, which takes 3 to
# 4 times as long, and 25 times for VP9. WebP's ended 1.0 to 1.5 s before a hasty answer was there.
_COSTS: dict[ImageFormat, tuple[float, float]] = {
    ImageFormat.GIF: (0.3, 10.0),
    ImageFormat.WEBM: (0.06, 60.0),
    ImageFormat.MP4: (0.05, 10.0),
}
# Idle cores are up to three times as fast: with less of the time than this it is not worth a try.
_HOPELESS_SHARE = 0.3


def animation_recipe(
    brief: Brief, recipes: tuple[Recipe, ...], seconds_left: float | None
) -> Recipe | None:
    """What to encode in a hurry; None where that helps nobody."""
    if not recipes or brief.tier is Tier.SETTLED:
        return None
    recipe = recipes[-1]
    if recipe.format not in _COSTS:
        return None
    each, ample_share = _COSTS[recipe.format]
    seconds = each * brief.pixels / 1e6
    is_of_use = seconds_left is None or (
        _HOPELESS_SHARE * seconds <= seconds_left <= ample_share * seconds
    )
    return recipe if is_of_use else None


def animation_entry(
    recipe: Recipe, brief: Brief, judge: Judge, *, limit_bytes: float | None = None
) -> Entry | None:
    """A hasty encoding that reaches the brief's target; None where none did, or where it would
    weigh more than `limit_bytes`."""
    hasty = replace(brief, is_quick=True, target=min(brief.target + _MARGIN_POINTS, 100.0))
    method = method_of(recipe, hasty)
    if method is None or not method.is_scored:
        # Encoded once in any case. A score is all that keeps a hasty one the larger of the two.
        return None
    quality = method.prior.start
    if judge.sample is not None:
        found = _found_on_a_few(recipe, *judge.sample, method)
        if _is_outbid(recipe, hasty, found, limit_bytes):
            return None
        quality = _next_quality(found.quality, found.score, method)
    for _ in range(_WHOLE_ATTEMPTS):
        data = encode.encode(recipe, hasty, quality)
        score = judge.score(data, recipe.format)
        if score >= brief.target:
            return Entry(data=data, format=recipe.format, quality=quality, score=score)
        quality = _next_quality(quality, score, method)
    return None


def _found_on_a_few(recipe: Recipe, few: Brief, few_judge: Judge, method: Method) -> Candidate:
    return smallest_acceptable(
        encode=lambda quality: encode.encode(recipe, replace(few, is_quick=True), quality),
        score=lambda data: few_judge.score(data, recipe.format),
        aim=replace(method.aim, tolerance=_TOLERANCE_POINTS, max_attempts=_SAMPLE_ATTEMPTS),
        prior=method.prior,
    )


def _is_outbid(recipe: Recipe, hasty: Brief, few: Candidate, limit_bytes: float | None) -> bool:
    if limit_bytes is None:
        return False
    expected = expected_bytes(
        hasty, lambda part: encode.encode(recipe, part, few.quality), few.data
    )
    return expected > limit_bytes


def _next_quality(quality: int, score: float, method: Method) -> int:
    """Where the target and the margin above it are to be expected."""
    seen = (Point(quality, score),)
    return quality_for(method.aim.target, seen, method.prior, method.aim)
