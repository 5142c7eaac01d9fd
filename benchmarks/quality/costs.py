"""What answers cost in CPU, as ratios of things measured side by side in one run; nothing is kept.

Reading and resizing the source is taken off: it costs the same whoever encodes afterwards.
"""

import statistics
import time
from collections.abc import Callable, Sequence

from benchmarks.quality.bench import TIERS, Bench
from benchmarks.quality.encoders import AVIF_1, TRELLIS_JPEG, Encoder, as_pixels
from benchmarks.quality.limits import (
    LIVE_ANSWER_ENCODES,
    METRIC_MS_PER_MEGAPIXEL,
    SEARCHED_JPEG_ENCODES,
    Limit,
)
from benchmarks.quality.ours import AVIF_OPEN, JPEG_ALONE, OPENINGS, Opening, optimized
from benchmarks.quality.pictures import Kind, Picture, opened, picture
from imgproxy_py.engine.job import Job, Tier
from options_grammar import parse

# Where medium usually ends up.
_JPEG_QUALITY = 66
_AVIF_QUALITY = 52
_METRIC_ROUNDS = 5


def run(bench: Bench) -> list[Limit]:
    limits: list[Limit] = []
    for size in bench.sizes:
        chosen = bench.comparable(Kind.PHOTO, size)
        print(f"\nCPU on photographs at {size} px, medians over {len(chosen)} pictures")
        limits.append(_metric(bench, chosen, size))
        for name, opening, encoder, quality, bound in (
            ("searched JPEG", JPEG_ALONE, TRELLIS_JPEG, _JPEG_QUALITY, SEARCHED_JPEG_ENCODES),
            ("live answer, all open", AVIF_OPEN, AVIF_1, _AVIF_QUALITY, LIVE_ANSWER_ENCODES),
        ):
            pairs = [_answer_and_encode(each, opening, encoder, quality) for each in chosen]
            ratio = statistics.median(ours / theirs for ours, theirs in pairs) if pairs else None
            middle = statistics.median(ours for ours, _ in pairs) if pairs else 0
            print(f"  {name}: {middle * 1000:.0f} ms; one {encoder.name} encode is the scale")
            name = f"{name}, in encodes of {encoder.name}, {size} px"
            limits.append(Limit(name=name, value=ratio, bound=bound))
    _print_refinement(bench)
    return limits


def _metric(bench: Bench, chosen: Sequence[Picture], size: str) -> Limit:
    """Without decoding the candidate."""
    per_megapixel = []
    for each in chosen:
        scorer = bench.baselines.judge.prepared(each.pixels)
        result = as_pixels(bench.baselines.encoded(each, TRELLIS_JPEG, _JPEG_QUALITY).data)
        rounds = [_cpu_seconds(lambda: scorer(result)) for _ in range(_METRIC_ROUNDS)]  # noqa: B023
        per_megapixel.append(statistics.median(rounds) * 1000 / each.megapixels)
    return Limit(
        name=f"metric, CPU ms per megapixel, {size} px",
        value=statistics.median(per_megapixel) if per_megapixel else None,
        bound=METRIC_MS_PER_MEGAPIXEL,
    )


def _answer_and_encode(
    each: Picture, opening: Opening, encoder: Encoder, quality: int
) -> tuple[float, float]:
    """CPU seconds of one live answer without rendering, and of one encode, one after the other."""
    text = f"{each.size_text},quality=medium"
    job = Job(options=parse(text).options, accepts=opening.accepts, tier=Tier.LIVE)

    def ours() -> None:
        with opened(each.path) as source:
            optimized(job, source)

    rendering = _cpu_seconds(lambda: picture(each.path, each.kind, each.size))
    return _cpu_seconds(ours) - rendering, encoder.encode(each.pixels, quality).number


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _print_refinement(bench: Bench) -> None:
    print("\nrefinement of photographs, for each picture: CPU spent and bytes saved (means)")
    for size in bench.sizes:
        chosen = bench.comparable(Kind.PHOTO, size)
        for opening in OPENINGS:
            live, settled = (
                [bench.answer(each, opening, tier) for each in chosen] for tier in TIERS
            )
            saved = [a.bytes - b.bytes for a, b in zip(live, settled, strict=True)]
            seconds = [b.cpu_seconds for b in settled]
            share = sum(saved) / sum(a.bytes for a in live)
            print(
                f"  {opening.name:11}{size:>5} px {statistics.mean(seconds):7.2f} s"
                f"{statistics.mean(saved):9.0f} bytes ({share:.1%})"
            )
