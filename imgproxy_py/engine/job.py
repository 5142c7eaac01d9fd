"""One piece of work for the engine: what was asked for, and what it may cost."""

from dataclasses import dataclass

from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one source image may ask of us."""

    max_pixels: int = 100_000_000
    max_side_pixels: int = 10_000
    max_frames: int = 1_000
    max_memory_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Options of the request, the formats that its `Accept` opens, and the limits."""

    options: Options
    accepts: frozenset[ImageFormat] = frozenset()
    limits: Limits = Limits()
    keeps_exif: bool = False
