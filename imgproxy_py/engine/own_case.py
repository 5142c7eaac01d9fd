"""The case of the source's own bytes in a contest: what they make pointless, and when they win."""

from dataclasses import dataclass

from imgproxy_py.engine import encode
from imgproxy_py.engine.animation_method import animation_prior
from imgproxy_py.engine.choose_format import hardens_alpha
from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.gif import is_worth_encoding
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.own_bytes import squeezed

# A re-encoded picture must save this much to be worth its loss.
WORTHWHILE_SHARE = 0.97
# A GIF may be somebody's result already: it must be worth losing a generation.
_WORTHWHILE_ANIMATION_SHARE = 0.75
# A drawing made of lines stays one: it is sharp at every size, and shrinks again on the way. Only
# one that is large for what it shows (it may hold a photograph) competes, and has to be beaten by
# half: few pictures of a drawing weigh less than 0.005 bytes a pixel.
_VECTOR_STAYS_BYTES, _VECTOR_STAYS_BYTES_PER_PIXEL = 32_768, 0.005
_WORTHWHILE_VECTOR_SHARE = 0.5
# A candidate this much smaller than the stripped source cannot be caught by squeezing that.
_OUT_OF_REACH_SHARE = {ImageFormat.JPEG: 0.80, ImageFormat.PNG: 0.50}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """`data` is the stripped source; `score` is what it has left (None: nothing was ever lost, or
    nobody knows), and `spread` how far above the target that may be and still need no work."""

    data: bytes
    facts: SourceFacts
    brief: Brief
    score: float | None = None
    spread: float = 0.0

    def entry(self) -> Entry:
        """As it is, stripped only."""
        return self._entry(self.data)

    def open_recipes(self, recipes: tuple[Recipe, ...]) -> tuple[Recipe, ...]:
        """Those that may make something better than the source."""
        if self.facts.frames > self.brief.rendered.frames:
            return ()  # only the source itself still has all of its frames
        if self._is_vector and len(self.data) <= max(
            _VECTOR_STAYS_BYTES, _VECTOR_STAYS_BYTES_PER_PIXEL * self.brief.pixels
        ):
            return ()
        return tuple(recipe for recipe in recipes if not self._makes_pointless(recipe))

    def limit_bytes(self, recipe: Recipe) -> float | None:
        """What weighs more cannot win: told beforehand of a GIF made of a GIF, which takes long."""
        is_again = self.brief.rendered.frames > 1 and self.facts.format is ImageFormat.GIF
        if not is_again or recipe != encode.GIF:
            return None
        return _WORTHWHILE_ANIMATION_SHARE * len(self.data)

    def loses_to(self, entry: Entry) -> bool:
        """Whether `entry` is better than these bytes as they are, not squeezed."""
        return entry.passes and len(entry.data) < self._worthwhile_share(entry) * len(self.data)

    def against(self, best: Entry | None) -> Entry:
        """Who wins: `best` of the others, or these bytes, squeezed."""
        if best is None or not best.passes:
            return self._squeezed_entry()
        out_of_reach = _OUT_OF_REACH_SHARE.get(self.facts.format, WORTHWHILE_SHARE)
        share = self._worthwhile_share(best)
        if len(best.data) <= min(out_of_reach, share) * len(self.data):
            return best
        own = self._squeezed_entry()
        return best if len(best.data) < share * len(own.data) else own

    def _makes_pointless(self, recipe: Recipe) -> bool:
        """Lossless in the same format is what squeezing does; soft edges stay soft; and a lossy
        source at or below the target is kept as it is: whatever is made of it is worse.

        That also makes a result that is fed back come out unchanged.
        """
        if recipe.format is self.facts.format and recipe.is_lossless:
            # Not where sixteen bits become the eight that anybody sees.
            is_deep = self.facts.bits > 8 and not self.brief.is_exact
            return recipe.format is ImageFormat.PNG and not is_deep
        if recipe.format is not self.facts.format and hardens_alpha(recipe, self.facts, self.brief):
            return True
        if self.brief.rendered.frames > 1:
            return self._is_moving_result() or self._is_longer_gif(recipe)
        return self.score is not None and self.score <= self.brief.target + self.spread

    def _is_moving_result(self) -> bool:
        """Nothing in a lossy animation says how good it still is: it is somebody's result."""
        return self.facts.format is ImageFormat.WEBP and not self.facts.is_lossless

    def _is_longer_gif(self, recipe: Recipe) -> bool:
        """By a few of its frames: all of a long recording took 19 s before the source won."""
        if recipe != encode.GIF:
            return False
        quality = animation_prior(recipe, self.brief).start
        return not is_worth_encoding(self.brief, quality, len(self.data))

    @property
    def _is_vector(self) -> bool:
        return self.facts.format is ImageFormat.SVG

    def _worthwhile_share(self, best: Entry) -> float:
        if self._is_vector:
            return _WORTHWHILE_VECTOR_SHARE
        if best.stop == "lossless":
            return 1.0
        is_again = best.format is self.facts.format and self.brief.rendered.frames > 1
        return _WORTHWHILE_ANIMATION_SHARE if is_again else WORTHWHILE_SHARE

    def _squeezed_entry(self) -> Entry:
        brief = self.brief
        return self._entry(
            squeezed(self.data, self.facts, keeps_invisible=brief.is_exact, tier=brief.tier)
        )

    def _entry(self, data: bytes) -> Entry:
        stop = "lossless" if self.brief.is_exact else "source"
        return Entry(data=data, format=self.facts.format, stop=stop, is_own=True)
