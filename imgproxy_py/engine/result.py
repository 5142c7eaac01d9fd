"""What the engine answers with."""

from dataclasses import dataclass, field

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One attempt of the search: a point of the rate–score curve of one recipe.

    `recipe` names the encoder and its settings ("jpeg", "avif 10 bit"), `score` is None where
    nothing had to be measured.
    """

    recipe: str
    quality: int | None
    bytes: int
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimized:
    """A finished result, or the best so far when `is_provisional`.

    `quality` is the encoder's number where it has one. `score` is SSIMULACRA2 against the rendered
    reference, None where it was not measured; `target` is what it should reach. `stop` says why
    the search ended: target, source, lossless, unreachable, deadline or limit. `timings_ms` holds
    wall times by stage: decode, search, encode. `negotiated` is true when `Accept` could have
    changed the format. `is_settled`: more work (`Tier.SETTLED`) would not make it smaller.
    """

    data: bytes
    format: ImageFormat
    width: int
    height: int
    frames: int = 1
    quality: int | None = None
    score: float | None = None
    target: float | None = None
    attempts: int = 1
    trials: tuple[Trial, ...] = ()
    stop: str = "target"
    is_provisional: bool = False
    is_settled: bool = True
    negotiated: bool = False
    warnings: tuple[str, ...] = ()
    source: SourceFacts
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The answer to `meta`: facts of the source, sizes as displayed (upright).

    `quality` is the number that the encoder was given, `estimated_score` the SSIMULACRA2 that a
    picture of that quality usually has: both from the header. `dominant_color` (`#rrggbb`) and
    `thumbhash` (base64) need the pixels.
    """

    facts: SourceFacts
    bytes: int
    quality: float | None = None
    estimated_score: float | None = None
    dominant_color: str | None = None
    thumbhash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a result proves to be beside its source, measured anew.

    `promised_width` and `promised_height` are what source and options ask for. `score` is None
    where it cannot be measured: for a video, for another size, and where there is a `fault`, which
    says why the result is no picture that can be shown.
    """

    promised_width: int
    promised_height: int
    format: ImageFormat | None = None
    width: int | None = None
    height: int | None = None
    score: float | None = None
    fault: str | None = None
