"""The contest: every recipe that may win is searched, the source's own bytes compete.

Contenders whose quick sibling foretells their size are looked at first, all of them; then they are
searched in the order of what they promise, and one that cannot win any more is given up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from imgproxy_py.engine import encode
from imgproxy_py.engine.contender import Contender, Entry
from imgproxy_py.engine.cost import is_long
from imgproxy_py.engine.early import quick_entry, quick_recipe
from imgproxy_py.engine.early_animation import animation_entry, animation_recipe
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.own_case import OwnCase
from imgproxy_py.engine.result import Trial

# JPEG rings around lines and letters, which the eye sees better than the score: on drawings it must
# be this much smaller to win.
_RINGING_HANDICAP = 1.3
# A contender that promises more than this times the leader's bytes is not searched: promises are
# right to some 5 %, and where somebody waits a likely loser is not worth the time.
_HOPELESS_RATIOS = {Tier.LIVE: 1.05, Tier.SETTLED: 1.2}
# Twelve frames foretell the bytes of an animation to some 20 %, and rather too few.
_HOPELESS_MOVING_RATIO = 1.1


@dataclass(kw_only=True)
class Contest:
    """`own` is None where the source's own bytes cannot answer.

    `opens_jpeg`: the format was left open, so an early answer may be a JPEG. `seconds_left` until
    somebody stops waiting. `trials` tells every encoding that was made.
    """

    brief: Brief
    recipes: tuple[Recipe, ...]
    judge: Judge
    own: OwnCase | None = None
    opens_jpeg: bool = False
    seconds_left: float | None = None
    trials: list[Trial] = field(default_factory=list)
    _early: Entry | None = None

    def early_entries(self) -> Iterator[Entry]:
        """Valid answers that cost little, where the best one will cost much; each one smaller."""
        if not self._is_long:
            return
        if self.own is not None:
            self._early = self.own.entry()
            yield self._early
        quick = self._quick_entry()
        if quick is not None and (self.own is None or self.own.loses_to(quick)):
            self._early = quick
            yield quick

    def _quick_entry(self) -> Entry | None:
        if self.brief.rendered.frames > 1:
            moving = animation_recipe(self.brief, self._open_recipes, self.seconds_left)
            if moving is None:
                return None
            limit = self._limit_bytes(moving, None)
            return animation_entry(moving, self.brief, self.judge, limit_bytes=limit)
        recipe = quick_recipe(self.brief, self.recipes, opens_jpeg=self.opens_jpeg)
        quick = None if recipe is None else quick_entry(recipe, self.brief, self.judge)
        return quick if quick is not None and quick.passes else None

    def winner(self, *, on_better: Callable[[Entry], None]) -> Entry:
        """The smallest entry that reaches the target, or the one that comes nearest.

        `on_better` hears of each leader of a long contest that may already be the answer.
        """
        leader = self._early

        def passed(entry: Entry) -> None:
            nonlocal leader
            if self._is_ahead(entry, leader):
                leader = entry
                if self._is_long:
                    on_better(entry)

        best: Entry | None = None
        for contender, expected in self._in_order(passed):
            limit = self._limit_bytes(contender.recipe, best)
            if self._is_hopeless(expected, limit):
                continue
            entry = contender.finish(limit)
            if entry is not None and (best is None or self._is_better(entry, best)):
                best = entry
        if best is not None and not best.passes and self.own is None:
            best = self._rescued(best, passed)
        if self.own is not None:
            return self.own.against(best)
        if best is None:
            raise ValueError("a contest without anyone who may win")
        return best

    def _is_ahead(self, entry: Entry, leader: Entry | None) -> bool:
        """Whether it may be answered before the contest is over. What the source will beat may not:
        whoever has more time gets the source, which is larger."""
        if self.own is not None and not self.own.loses_to(entry):
            return False
        return leader is None or (
            len(entry.data) < len(leader.data) and self._is_better(entry, leader)
        )

    def _limit_bytes(self, recipe: Recipe, best: Entry | None) -> float | None:
        """What is not smaller than this cannot win any more."""
        if best is not None and best.passes:
            return len(best.data)
        return None if self.own is None else self.own.limit_bytes(recipe)

    def _is_hopeless(self, expected: float | None, limit: float | None) -> bool:
        if expected is None or limit is None:
            return False
        is_moving = self.brief.rendered.frames > 1
        ratio = _HOPELESS_MOVING_RATIO if is_moving else _HOPELESS_RATIOS[self.brief.tier]
        return expected > ratio * limit

    def _rescued(self, best: Entry, on_passing: Callable[[Entry], None]) -> Entry:
        """Halved chroma may be what holds a picture below its target; or only nothing lost will do.

        The formats that were in play, one way after another, until one reaches the target.
        """
        formats = {recipe.format for recipe in self.recipes}
        ways = (*encode.FULL_CHROMA.values(), encode.LOSSLESS_WEBP, encode.LOSSLESS_PNG)
        for recipe in ways:
            if recipe.format not in formats or recipe in self.recipes or best.passes:
                continue
            entry = self._contender(recipe, on_passing).finish()
            if entry is not None and self._is_better(entry, best):
                best = entry
        return best

    def _in_order(
        self, on_passing: Callable[[Entry], None]
    ) -> list[tuple[Contender, float | None]]:
        """Those that promise fewest bytes first; after them, those of whom nothing is known."""
        contenders = [self._contender(recipe, on_passing) for recipe in self._open_recipes]
        seen = [(contender, contender.look_ahead()) for contender in contenders]
        return sorted(seen, key=lambda pair: float("inf") if pair[1] is None else pair[1])

    def _contender(self, recipe: Recipe, on_passing: Callable[[Entry], None]) -> Contender:
        return Contender(
            recipe, self.brief, self.judge, on_trial=self.trials.append, on_passing=on_passing
        )

    @cached_property
    def _is_long(self) -> bool:
        # Of an animation the opening alone takes seconds: a few frames are encoded for it.
        recipes = self.recipes if self.brief.rendered.frames > 1 else self._open_recipes
        return is_long(recipes, self.brief.pixels, self.seconds_left)

    @cached_property
    def _open_recipes(self) -> tuple[Recipe, ...]:
        return self.recipes if self.own is None else self.own.open_recipes(self.recipes)

    def _is_better(self, entry: Entry, leader: Entry) -> bool:
        """Who reaches the target is better than who does not; then bytes, or the score, decide."""
        if entry.passes is not leader.passes:
            return entry.passes
        if entry.passes or entry.score is None or leader.score is None:
            return self._weight(entry) < self._weight(leader)
        return entry.score > leader.score

    def _weight(self, entry: Entry) -> float:
        is_ringing = entry.format is ImageFormat.JPEG and self.brief.content.is_graphic
        return len(entry.data) * (_RINGING_HANDICAP if is_ringing else 1)
