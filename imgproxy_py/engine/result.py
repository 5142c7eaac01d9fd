"""What the engine answers with."""

from dataclasses import dataclass, field

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimized:
    """A finished result, or the best so far when `is_provisional`.

    `quality` is the encoder's number where it has one. `stop` says why the search ended: target,
    source, lossless, unreachable, deadline or limit. `timings_ms` holds wall times by stage:
    decode, search, encode. `negotiated` is true when `Accept` could have changed the format.
    """

    data: bytes
    format: ImageFormat
    width: int
    height: int
    frames: int = 1
    quality: int | None = None
    attempts: int = 1
    stop: str = "target"
    is_provisional: bool = False
    negotiated: bool = False
    warnings: tuple[str, ...] = ()
    source: SourceFacts
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The answer to `meta`: facts of the source, sizes as displayed (upright)."""

    facts: SourceFacts
    bytes: int
