"""Our own answers: the engine called in process, its result judged anew.

Answers are kept under a digest of the engine's code, so an unchanged engine is asked once.
"""

import functools
import hashlib
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.quality.baselines import Baselines
from benchmarks.quality.cache import Kept
from benchmarks.quality.pictures import Picture, opened
from imgproxy_py import engine
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job, Tier
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Optimized, Trial
from imgproxy_py.engine.source import SourceBytes
from options_grammar import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a client can show: the formats of its `Accept`, or one format in the options."""

    name: str
    accepts: frozenset[ImageFormat] = frozenset()
    format_text: str = ""


JPEG_ALONE = Opening(name="JPEG alone")
WEBP_OPEN = Opening(name="WebP open", accepts=frozenset({ImageFormat.WEBP}))
AVIF_OPEN = Opening(name="AVIF open", accepts=frozenset({ImageFormat.WEBP, ImageFormat.AVIF}))
OPENINGS = (JPEG_ALONE, WEBP_OPEN, AVIF_OPEN)
JPEG_FIXED = Opening(name="format=jpeg", format_text=",format=jpeg")
WEBP_FIXED = Opening(name="format=webp", format_text=",format=webp")
AVIF_FIXED = Opening(name="format=avif", format_text=",format=avif")
PNG_FIXED = Opening(name="format=png", format_text=",format=png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One result. `score` is ours, taken again; `said_score` is what the engine said of it."""

    opening: Opening
    tier: Tier
    asked: float | None
    format: ImageFormat
    score: float
    said_score: float | None
    quality: int | None
    attempts: int
    stop: str
    cpu_seconds: float
    trials: tuple[Trial, ...]
    data: bytes = field(repr=False)

    @property
    def bytes(self) -> int:
        return len(self.data)

    @property
    def searches(self) -> dict[str, int]:
        """How many encodings each recipe was given; looks ahead have names of their own."""
        return dict(Counter(trial.recipe for trial in self.trials if trial.score is not None))

    @property
    def is_searched(self) -> bool:
        """Whether a quality was looked for: neither lossless, nor a palette, nor the source."""
        return self.quality is not None and self.format in _SEARCHED and self.stop != "source"


_SEARCHED = frozenset({ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF})


@functools.cache
def engine_digest() -> str:
    """Of the code that decides about a result."""
    folder = Path(engine.__file__).parent
    code = (path.read_bytes() for path in sorted(folder.rglob("*.py")))
    return hashlib.sha256(b"\0".join(code)).hexdigest()[:16]


def answer(
    baselines: Baselines,
    picture: Picture,
    opening: Opening,
    tier: Tier,
    *,
    quality: str = "medium",
    asked: float | None = None,
) -> Answer:
    """`quality` as the options spell it, `asked` the score that it stands for."""
    kept = _kept(baselines, picture, opening, tier, quality)
    head, _, data = kept.data.partition(b"\n")
    facts = json.loads(head)
    facts["format"] = ImageFormat(facts["format"])
    facts["trials"] = tuple(Trial(**trial) for trial in facts["trials"])
    return Answer(
        opening=opening,
        tier=tier,
        asked=asked,
        score=baselines.score(picture, data, "bytes", hashlib.sha256(data).hexdigest()),
        cpu_seconds=kept.number,
        data=data,
        **facts,
    )


def _kept(
    baselines: Baselines, picture: Picture, opening: Opening, tier: Tier, quality: str
) -> Kept:
    text = f"{picture.size_text},quality={quality}{opening.format_text}"
    key = ("ours with trials", engine_digest(), text, ",".join(sorted(opening.accepts)), tier)
    return baselines.cache.kept(picture.key, *key, make=lambda: _made(picture, text, opening, tier))


def _made(picture: Picture, text: str, opening: Opening, tier: Tier) -> Kept:
    job = Job(options=parse(text).options, accepts=opening.accepts, tier=tier)
    with opened(picture.path) as source:
        began = time.process_time()
        result = optimized(job, source)
        seconds = time.process_time() - began
    facts = {
        "format": result.format,
        "said_score": result.score,
        "quality": result.quality,
        "attempts": result.attempts,
        "stop": result.stop,
        "trials": [asdict(trial) for trial in result.trials],
    }
    return Kept(number=seconds, data=json.dumps(facts).encode() + b"\n" + result.data)


def optimized(job: Job, source: SourceBytes) -> Optimized:
    """What a server without a deadline would answer."""
    result = optimize(job, source, keep=lambda _early: None)
    assert isinstance(result, Optimized)
    return result
