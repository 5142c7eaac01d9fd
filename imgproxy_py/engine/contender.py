"""One recipe on its way through the contest: looked at cheaply, then searched to the end."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from imgproxy_py.engine import encode
from imgproxy_py.engine.aim import Candidate, Point, Verdict
from imgproxy_py.engine.animation_method import whole_aim
from imgproxy_py.engine.curve import predicted_bytes, quality_for
from imgproxy_py.engine.encode import Recipe, name_of
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import expected_bytes
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.method import Method, Quick, method_of
from imgproxy_py.engine.result import Trial
from imgproxy_py.engine.search import smallest_acceptable

# A probe this far from the target says little of it: one more is cheaper than a wrong encoding.
FAR_POINTS = 9.0
# What squeezing usually leaves of a palette, and the least.
_SQUEEZED_SHARE, _LEAST_SQUEEZED_SHARE = 0.85, 0.5
# The least that squeezing leaves of a PNG written in a hurry, and that WebP makes of it.
_LOSSLESS_SHARES = {ImageFormat.PNG: 0.3, ImageFormat.WEBP: 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate result. `is_own`: these are the source's own bytes."""

    data: bytes
    format: ImageFormat
    quality: int | None = None
    score: float | None = None
    stop: str = "target"
    is_own: bool = False

    @property
    def passes(self) -> bool:
        return self.stop in ("target", "lossless", "source")


class Contender:
    """`on_trial` hears of every encoding, `on_passing` of each one that reaches the target."""

    def __init__(
        self,
        recipe: Recipe,
        brief: Brief,
        judge: Judge,
        *,
        on_trial: Callable[[Trial], None],
        on_passing: Callable[[Entry], None],
    ) -> None:
        self.recipe = recipe
        self._brief = brief
        self._judge = judge
        self._method = method_of(recipe, brief)
        self._on_trial = on_trial
        self._on_passing = on_passing
        self._points: tuple[Point, ...] = ()
        self._palette: Candidate | None = None

    def look_ahead(self) -> float | None:
        """Bytes to expect at the target, by what costs less than an encoding: a quicker sibling,
        or a sample of a large picture or a long animation. None when nothing foretells them."""
        if self._method is None or not self._method.is_scored:
            return None
        if self.recipe.is_palette:
            return self._search_palette(self._method)
        if self._judge.sample is not None:
            return self._search_sample(self._method, *self._judge.sample)
        if self._method.quick is None:
            return None
        expected = self._probe(self._method, self._method.quick)
        if abs(self._points[-1].score - self._method.aim.target) > FAR_POINTS:
            expected = self._probe(self._method, self._method.quick)
        return expected

    def finish(self, limit_bytes: float | None = None) -> Entry | None:
        """The smallest entry of this recipe; None when it cannot end below `limit_bytes`."""
        if self._method is None:
            return None if self._is_outbid(limit_bytes) else self._only_entry(100)
        if not self._method.is_scored:
            return self._only_entry(self._method.prior.start)
        if self._palette is not None:
            return self._squeezed(self._palette, limit_bytes)
        found = smallest_acceptable(
            encode=lambda quality: encode.encode(self.recipe, self._brief, quality),
            score=self._score,
            on_attempt=self._note,
            aim=whole_aim(self.recipe, self._brief, self._method.aim),
            prior=self._method.prior,
            probes=self._points,
            limit_bytes=limit_bytes,
        )
        return None if found.verdict is Verdict.OUTBID else self._entry(found)

    def _search_sample(self, method: Method, sample: Brief, judge: Judge) -> float | None:
        """The whole search on the sample: all of it is then encoded once, if all goes well."""
        found = smallest_acceptable(
            encode=lambda quality: encode.encode(self.recipe, sample, quality),
            score=lambda data: judge.score(data, self.recipe.format),
            on_attempt=lambda tried: self._tell(
                f"{name_of(self.recipe)} sample", tried.quality, tried.data, tried.score
            ),
            aim=method.aim,
            prior=method.prior,
        )
        self._points = (Point(found.quality, found.score),)
        if self._brief.rendered.frames > 1:
            return self._bytes_of_all_frames(method, found)
        expected = predicted_bytes(len(found.data), found.score, method.aim.target, method.prior)
        return expected * self._brief.pixels / sample.pixels

    def _bytes_of_all_frames(self, method: Method, few: Candidate) -> float | None:
        """None for a video, which has no rival. A GIF's curve has steps: what passes far above the
        target is the smallest that passes at all."""
        if not FORMATS[self.recipe.format].is_readable:
            return None
        target = method.aim.target
        whole = expected_bytes(
            self._brief, lambda part: encode.encode(self.recipe, part, few.quality), few.data
        )
        return predicted_bytes(whole, min(few.score, target), target, method.prior)

    def _search_palette(self, method: Method) -> float:
        """The whole search, for squeezing changes no pixel: only the palette found is squeezed."""
        quick = replace(self._brief, is_quick=True)
        self._palette = smallest_acceptable(
            encode=lambda quality: encode.encode(self.recipe, quick, quality),
            score=self._score,
            on_attempt=lambda tried: self._note(tried, " quick"),
            aim=method.aim,
            prior=method.prior,
        )
        return _SQUEEZED_SHARE * len(self._palette.data)

    def _squeezed(self, palette: Candidate, limit_bytes: float | None) -> Entry | None:
        if limit_bytes is not None and len(palette.data) > limit_bytes / _LEAST_SQUEEZED_SHARE:
            return None
        data = encode.encode(self.recipe, self._brief, palette.quality)
        squeezed = replace(palette, data=data)
        self._note(squeezed)
        return self._entry(squeezed)

    def _probe(self, method: Method, quick: Quick) -> float:
        # Where the sibling scores what it scores when the real encoder reaches the target.
        quality = quality_for(method.aim.target, self._points, method.prior, method.aim)
        data = encode.encode(self.recipe, replace(self._brief, is_quick=True), quality)
        score = self._score(data)
        self._tell(f"{name_of(self.recipe)} quick", quality, data, score)
        self._points += (Point(quality, score + quick.offset(method.aim.target)),)
        expected = predicted_bytes(len(data), score, method.aim.target, method.prior)
        return expected * quick.bytes_ratio

    def _is_outbid(self, limit_bytes: float | None) -> bool:
        """Whether a quick lossless PNG is already too large for its slow relatives to win."""
        share = _LOSSLESS_SHARES.get(self.recipe.format)
        if limit_bytes is None or share is None or self._brief.rendered.frames > 1:
            return False
        quick = encode.encode(encode.LOSSLESS_PNG, replace(self._brief, is_quick=True), 100)
        return share * len(quick) > limit_bytes

    def _only_entry(self, quality: int) -> Entry:
        """Where nothing is lost, or nothing can be searched."""
        data = encode.encode(self.recipe, self._brief, quality)
        self._tell(name_of(self.recipe), None, data, None)
        # What cannot be scored (GIF's hard alpha) has not reached anything.
        stop = "lossless" if self.recipe.is_lossless else "unreachable"
        return Entry(data=data, format=self.recipe.format, stop=stop)

    def _note(self, candidate: Candidate, how: str = "") -> None:
        self._tell(name_of(self.recipe) + how, candidate.quality, candidate.data, candidate.score)
        if candidate.verdict is Verdict.TARGET:
            self._on_passing(self._entry(candidate))

    def _entry(self, candidate: Candidate) -> Entry:
        return Entry(
            data=candidate.data,
            format=self.recipe.format,
            quality=candidate.quality,
            score=candidate.score,
            stop=candidate.verdict.value,
        )

    def _score(self, data: bytes) -> float:
        return self._judge.score(data, self.recipe.format)

    def _tell(self, recipe: str, quality: int | None, data: bytes, score: float | None) -> None:
        self._on_trial(Trial(recipe=recipe, quality=quality, bytes=len(data), score=score))
