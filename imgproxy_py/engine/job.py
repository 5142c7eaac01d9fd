"""One piece of work for the engine: what was asked for, and what it may cost."""

from dataclasses import dataclass
from enum import StrEnum

from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one source image may ask of us."""

    max_pixels: int = 100_000_000
    max_side_pixels: int = 10_000
    max_frames: int = 1_000
    max_memory_bytes: int = 1_000_000_000


class Tier(StrEnum):
    """How much work a result is worth: somebody waits for a live one, nobody for a settled one."""

    LIVE = "live"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Options of the request, the formats that its `Accept` opens, and the limits.

    With `verify_from` nothing is made: the job's file holds a source and, from that byte on, a
    result of it, which is measured (verify.py). `seconds_left` until the deadline, when the job
    begins: a short one has an early answer made first; the final result never depends on it.
    """

    options: Options
    accepts: frozenset[ImageFormat] = frozenset()
    limits: Limits = Limits()
    tier: Tier = Tier.LIVE
    verify_from: int | None = None
    seconds_left: float | None = None
