"""The contest: every recipe that may win makes its candidate, the source's own bytes compete."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from imgproxy_py.engine import encode
from imgproxy_py.engine.choose_format import hardens_alpha
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.own_bytes import squeezed
from imgproxy_py.engine.presets import START_QUALITIES, start_quality
from imgproxy_py.engine.search import smallest_acceptable

# A re-encoded picture must save this much to be worth its loss.
WORTHWHILE_SHARE = 0.97
# JPEG rings around lines and letters: on drawings it must be this much smaller to win.
_RINGING_HANDICAP = 1.6
# How far the estimate of a source's own score may be off, in points. JPEG and AVIF say their
# quality exactly; AVIF rounds it to one of 64 steps.
_SCORE_TOLERANCE = {ImageFormat.JPEG: 0.5, ImageFormat.AVIF: 2.0, ImageFormat.WEBP: 5.0}
# A candidate this much smaller than the stripped source cannot be caught by squeezing that.
_OUT_OF_REACH_SHARE = {ImageFormat.JPEG: 0.80, ImageFormat.PNG: 0.50}
# Seconds of CPU per megapixel of all frames, rounded up from what two busy cores took.
_SECONDS_PER_MEGAPIXEL: dict[Recipe, float] = {
    encode.JPEG: 0.15,
    encode.PALETTE_PNG: 1.6,
    encode.LOSSLESS_PNG: 0.7,
    encode.WEBP: 0.15,
    encode.LOSSLESS_WEBP: 0.6,
    encode.PALETTE_WEBP: 1.2,
    encode.AVIF: 0.5,
    encode.LOSSLESS_AVIF: 1.0,
    encode.GIF: 1.0,
    encode.WEBM: 0.3,
    encode.MP4: 0.15,
}
# From here on an early, larger answer is worth the time that it takes itself.
_LONG_SECONDS = 1.5
_QUICK_RECIPES: dict[ImageFormat, Recipe] = {
    ImageFormat.JPEG: encode.JPEG,
    ImageFormat.PNG: encode.LOSSLESS_PNG,
    ImageFormat.WEBP: encode.WEBP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate result. `is_own`: these are the source's own bytes."""

    data: bytes
    format: ImageFormat
    quality: int | None = None
    attempts: int = 1
    stop: str = "target"
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """`own` is the stripped source, None where it cannot answer; `own_score` is what it has left.

    `opens_jpeg`: the format was left open, so an early answer may be a JPEG.
    """

    brief: Brief
    recipes: tuple[Recipe, ...]
    facts: SourceFacts
    own: bytes | None = None
    own_score: float | None = None
    opens_jpeg: bool = False

    def early_entries(self) -> Iterator[Entry]:
        """Valid answers that cost little, where the best one will cost much; each one smaller."""
        if not self._is_long():
            return
        if self.own is not None:
            yield self._own_entry(self.own)
        recipe = self._quick_recipe()
        if recipe is not None:
            quick = _attempt(recipe, replace(self.brief, is_quick=True))
            if self.own is None or len(quick.data) < len(self.own):
                yield quick

    def winner(self, *, on_better: Callable[[Entry], None]) -> Entry:
        """The smallest entry; `on_better` hears of each leader of a long contest before the end."""
        best: Entry | None = None
        attempts = 0
        contenders, is_long = self._contenders(), self._is_long()
        for position, recipe in enumerate(contenders, start=1):
            entry = _attempt(recipe, self.brief)
            attempts += entry.attempts
            if best is None or self._weight(entry) < self._weight(best):
                best = entry
                if is_long and position < len(contenders):
                    on_better(best)
        return replace(self._against_own(best), attempts=max(attempts, 1))

    def _is_long(self) -> bool:
        seconds = sum(_SECONDS_PER_MEGAPIXEL[recipe] for recipe in self._contenders())
        return seconds * self.brief.pixels / 1e6 >= _LONG_SECONDS

    def _weight(self, entry: Entry) -> float:
        is_ringing = entry.format is ImageFormat.JPEG and self.brief.content.is_graphic
        return len(entry.data) * (_RINGING_HANDICAP if is_ringing else 1)

    def _contenders(self) -> tuple[Recipe, ...]:
        """The recipes, without those that the source's own bytes make pointless."""
        if self.own is None:
            return self.recipes
        if self.facts.frames > self.brief.rendered.frames:
            return ()  # only the source itself still has all of its frames
        return tuple(recipe for recipe in self.recipes if not self._is_pointless(recipe))

    def _is_pointless(self, recipe: Recipe) -> bool:
        """Lossless in the same format is what squeezing does; a source as bad as the target stays,
        and so does one whose soft edges the other format cannot hold.

        That also makes a result that is fed back come out unchanged.
        """
        if recipe.format is not self.facts.format:
            return hardens_alpha(recipe, self.facts, self.brief)
        if recipe.is_lossless:
            return recipe.format is ImageFormat.PNG
        tolerance = _SCORE_TOLERANCE.get(recipe.format, 0.0)
        return self.own_score is not None and self.own_score <= self.brief.target + tolerance

    def _against_own(self, best: Entry | None) -> Entry:
        if self.own is None:
            if best is None:
                raise ValueError("a contest without anyone who may win")
            return best
        out_of_reach = _OUT_OF_REACH_SHARE.get(self.facts.format, WORTHWHILE_SHARE)
        if best is not None and len(best.data) <= out_of_reach * len(self.own):
            return best
        own = self._own_entry(squeezed(self.own, self.facts))
        share = 1.0 if best is not None and best.stop == "lossless" else WORTHWHILE_SHARE
        if best is not None and len(best.data) < share * len(own.data):
            return best
        return own

    def _own_entry(self, data: bytes) -> Entry:
        stop = "lossless" if self.brief.is_exact else "source"
        return Entry(data=data, format=self.facts.format, stop=stop, is_own=True)

    def _quick_recipe(self) -> Recipe | None:
        """In the format that was asked for, or in one that opens everywhere."""
        if self.brief.is_exact or self.brief.rendered.frames > 1:
            return None
        if self.opens_jpeg and not self.brief.content.uses_alpha:
            return encode.JPEG
        return _QUICK_RECIPES.get(self.recipes[0].format) if self.recipes else None


def _attempt(recipe: Recipe, brief: Brief) -> Entry:
    """Lossless recipes, GIF and the videos have no quality number."""
    scale = ImageFormat.PNG if recipe.is_palette else recipe.format
    has_quality = scale in START_QUALITIES and not recipe.is_lossless
    candidate = smallest_acceptable(
        encode=lambda quality: encode.encode(recipe, brief, quality),
        score=None,
        target=brief.target,
        start=start_quality(scale, brief.target) if has_quality else 100,
    )
    return Entry(
        data=candidate.data,
        format=recipe.format,
        quality=candidate.quality if has_quality else None,
        attempts=candidate.attempts,
        stop="lossless" if recipe.is_lossless else "target",
    )
