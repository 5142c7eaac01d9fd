"""The quality search: numbers and callables, no pictures.

A secant inside a bracket, which starts at a prior and may look ahead with a cheaper encoder. Rate–
score curves are monotone but for small kinks, so two attempts usually do. The smallest candidate
that passes is kept at all times.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from imgproxy_py.engine.aim import Aim, Candidate, Point, Prior, Verdict
from imgproxy_py.engine.curve import clamped, predicted_bytes, quality_for, slope_of

# Where so many qualities gave the same bytes, and these pass, quality has no more to say: palettes
# of pictures with few colors.
_FLAT_ATTEMPTS = 3
# A bracket this much flatter than experience, and at least so wide, has a kink inside. libwebp
# writes one drawing at quality 34 with a score of 70.7, at 41 with 72.6 in 13,416 bytes and at 38
# with 72.8 in 12,880.
_KINK_FACTOR, _KINK_STEPS = 2.0, 4


def smallest_acceptable(
    *,
    encode: Callable[[int], bytes],
    score: Callable[[bytes], float],
    aim: Aim,
    prior: Prior,
    probes: tuple[Point, ...] = (),
    limit_bytes: float | None = None,
    on_attempt: Callable[[Candidate], None] = lambda _candidate: None,
) -> Candidate:
    """The smallest candidate found that reaches the target.

    When none does, the one that came nearest; `verdict` says which it is. `probes` were paid for
    before and count as attempts. A search that cannot end below `limit_bytes` is given up.
    `on_attempt` hears of each attempt as it is made.
    """
    search = _Search(aim=aim, prior=prior, probes=probes)
    tried: dict[int, Candidate] = {}
    quality = search.first_quality()
    while True:
        tried[quality] = search.judged(quality, encode(quality), score, tried)
        on_attempt(tried[quality])
        if search.is_settled(tried, quality) or search.is_outbid(tried[quality], limit_bytes):
            break
        if search.spent(tried) >= aim.max_attempts:
            break
        following = search.next_quality(tried)
        if following is None:
            break
        quality = following
    return search.outcome(tried, limit_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    aim: Aim
    prior: Prior
    probes: tuple[Point, ...]

    def first_quality(self) -> int:
        if not self.probes:
            return clamped(self.prior.start + round(self.aim.margin * self.prior.slope), self.aim)
        return quality_for(self.aim.target + self.aim.margin, self.probes, self.prior, self.aim)

    def spent(self, tried: dict[int, Candidate]) -> int:
        return len(tried) + (len(self.probes) if self.aim.counts_probes else 0)

    def judged(
        self,
        quality: int,
        data: bytes,
        score: Callable[[bytes], float],
        tried: dict[int, Candidate],
    ) -> Candidate:
        """Bytes that were there before are not scored again."""
        known = next((each.score for each in tried.values() if each.data == data), None)
        points = score(data) if known is None else known
        verdict = Verdict.TARGET if points >= self.aim.target else Verdict.LIMIT
        return Candidate(data=data, quality=quality, score=points, verdict=verdict)

    def is_settled(self, tried: dict[int, Candidate], quality: int) -> bool:
        over = tried[quality].score - self.aim.target
        is_near = 0 <= over <= self.aim.tolerance
        if is_near and self.aim.is_patient:
            return not self._has_kink(tried)
        return is_near or (over > 0 and self._is_lowest(tried[quality]))

    def is_outbid(self, candidate: Candidate, limit_bytes: float | None) -> bool:
        """Too many bytes already, and still below the target or not far above it."""
        if limit_bytes is None:
            return False
        expected = predicted_bytes(
            len(candidate.data), candidate.score, self.aim.target, self.prior
        )
        # The curve of one picture may be half as steep as experience has it.
        return expected > 1.1 * limit_bytes and (
            candidate.score < self.aim.target + 4 or expected > 1.5 * limit_bytes
        )

    def next_quality(self, tried: dict[int, Candidate]) -> int | None:
        """By the secant through the bracket, or beyond the attempts while all are on one side;
        None when there is nothing left between them."""
        below, above = self._bracket(tried)
        repeats = 0 if above is None else _repeats(tried, tried[above])
        if repeats >= _FLAT_ATTEMPTS:
            return None
        if below is not None and above is not None and below < above:
            is_flat = repeats > 1 or self._has_kink(tried)
            return self._inside(tried[below], tried[above], is_flat=is_flat)
        # On from the outermost attempt, whatever a kink makes of the others.
        last = tried[max(tried) if above is None else min(tried)]
        step = round((self._goal(tried) - last.score) * self._slope_of(tried))
        # At least one step toward the target: rounding must not end the search early.
        step = max(step, 1) if above is None else min(step, -1)
        following = clamped(last.quality + step, self.aim)
        return None if following in tried else following

    def outcome(self, tried: dict[int, Candidate], limit_bytes: float | None) -> Candidate:
        passing = [candidate for candidate in tried.values() if self._passes(candidate)]
        best = (
            min(passing, key=lambda c: len(c.data))
            if passing
            else max(tried.values(), key=lambda c: c.score)
        )
        verdict = self._verdict(best, limit_bytes)
        return replace(best, attempts=len(tried) + len(self.probes), verdict=verdict)

    def _verdict(self, best: Candidate, limit_bytes: float | None) -> Verdict:
        if self._passes(best):
            return Verdict.TARGET
        if self.is_outbid(best, limit_bytes):
            return Verdict.OUTBID
        return Verdict.UNREACHABLE if best.quality >= self.aim.highest else Verdict.LIMIT

    def _inside(self, below: Candidate, above: Candidate, *, is_flat: bool) -> int | None:
        """Halfway where the upper end `is_flat`: a secant from there is drawn to a cliff."""
        gap = above.quality - below.quality
        if gap <= 1:
            return None
        rise = above.score - below.score
        goal = self.aim.target + min(self.aim.margin, rise / 2)
        share = (goal - below.score) / rise if rise > 0 and not is_flat else 0.5
        return min(max(below.quality + round(gap * share), below.quality + 1), above.quality - 1)

    def _bracket(self, tried: dict[int, Candidate]) -> tuple[int | None, int | None]:
        """The highest quality that does not pass, and the lowest that does."""
        below = max((q for q, c in tried.items() if not self._passes(c)), default=None)
        above = min((q for q, c in tried.items() if self._passes(c)), default=None)
        return below, above

    def _has_kink(self, tried: dict[int, Candidate]) -> bool:
        """Whether so little was won on the way up the bracket that something else goes on in it."""
        below, above = self._bracket(tried)
        if not self.aim.is_patient or below is None or above is None:
            return False
        expected = self.prior.slope * (tried[above].score - tried[below].score)
        return above - below >= max(_KINK_STEPS, _KINK_FACTOR * expected)

    def _goal(self, tried: dict[int, Candidate]) -> float:
        """The last attempt of a search without a passing one is aimed higher: it should pass."""
        is_last = self.spent(tried) == self.aim.max_attempts - 1
        any_passes = any(self._passes(candidate) for candidate in tried.values())
        return self.aim.target + self.aim.margin + (1.5 if is_last and not any_passes else 0.0)

    def _slope_of(self, tried: dict[int, Candidate]) -> float:
        finals = tuple(Point(c.quality, c.score) for c in tried.values())
        return slope_of(finals if len(finals) > 1 else self.probes, self.prior)

    def _passes(self, candidate: Candidate) -> bool:
        return candidate.score >= self.aim.target

    def _is_lowest(self, candidate: Candidate) -> bool:
        return candidate.quality <= self.aim.lowest


def _repeats(tried: dict[int, Candidate], candidate: Candidate) -> int:
    """How many attempts gave these bytes."""
    return sum(each.data == candidate.data for each in tried.values())
