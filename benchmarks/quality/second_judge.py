"""A second judge, butteraugli, over the same results: does our metric lead the engine astray?

`butteraugli_main` (libjxl's development tools) compares two PNGs and prints the greatest difference
and its 3-norm; lower is better. In the worst tenth of the pictures of each preset and format, our
result must not be worse than the fixed default encoder that spends the same bytes.
"""

import hashlib
import math
import shutil
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.quality.baselines import Baselines
from benchmarks.quality.bench import Bench
from benchmarks.quality.cache import Kept
from benchmarks.quality.encoders import Encoder, as_pixels
from benchmarks.quality.fixed_defaults import FIXED_DEFAULTS, FixedDefault
from benchmarks.quality.judges import numbers_of
from benchmarks.quality.limits import Limit
from benchmarks.quality.ours import Answer
from benchmarks.quality.pictures import Kind, Picture
from imgproxy_py.engine.job import Tier
from options_grammar.options import Preset

PROGRAM = "butteraugli_main"
PRESETS = (Preset.LOW, Preset.MEDIUM, Preset.HIGH)
WORST_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Butteraugli's greatest difference and 3-norm; 1.0 is about one just noticeable difference."""

    greatest: float
    norm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One picture: ours beside the fixed encoder at the quality that spends our bytes."""

    picture: Picture
    ours: Distance
    theirs: Distance
    answer: Answer
    quality: int
    bytes: int


def run(bench: Bench) -> list[Limit]:
    """Nothing where the program is not installed."""
    if shutil.which(PROGRAM) is None:
        print(f"\nno second judge: {PROGRAM} is not installed")
        return []
    print(f"\n{PROGRAM}: worst tenth of photographs, ours over the fixed encoder of equal bytes")
    limits: list[Limit] = []
    for preset in PRESETS:
        for theirs in FIXED_DEFAULTS:
            found = list(_comparisons(bench, preset, theirs))
            if found:
                limits += _judged(found, preset, theirs)
    return limits


def distance(baselines: Baselines, picture: Picture, data: bytes) -> Distance:
    """Kept under the digest of the bytes that were judged."""
    digest = hashlib.sha256(data).hexdigest()

    def made() -> Kept:
        numbers = numbers_of(f"{PROGRAM} {{reference}} {{result}}", picture.pixels, as_pixels(data))
        # "0.98765\n3-norm: 0.4321": the 3 of the name stands between the two.
        return Kept(number=numbers[0], data=str(numbers[-1]).encode())

    kept = baselines.cache.kept(picture.key, PROGRAM, digest, make=made)
    return Distance(greatest=kept.number, norm=float(kept.data))


def _comparisons(bench: Bench, preset: Preset, theirs: FixedDefault) -> Iterator[Comparison]:
    for size in bench.sizes:
        for picture in bench.comparable(Kind.PHOTO, size):
            answer = bench.answer(picture, theirs.opening, Tier.SETTLED, preset)
            quality = quality_of_bytes(bench.baselines, picture, theirs.encoder, answer.bytes)
            if quality is None:
                continue
            data = bench.baselines.encoded(picture, theirs.encoder, quality).data
            yield Comparison(
                picture=picture,
                ours=distance(bench.baselines, picture, answer.data),
                theirs=distance(bench.baselines, picture, data),
                answer=answer,
                quality=quality,
                bytes=len(data),
            )


def quality_of_bytes(
    baselines: Baselines, picture: Picture, encoder: Encoder, size: int
) -> int | None:
    """The quality whose file is nearest to `size` bytes; None where the encoder has none."""
    middle = baselines.curve(picture, encoder).quality_of_bytes(size)
    if middle is None:
        return None
    near = range(max(math.floor(middle) - 1, 1), min(math.ceil(middle) + 1, 100) + 1)
    weights = {each: len(baselines.encoded(picture, encoder, each).data) for each in near}
    return min(weights, key=lambda each: abs(math.log(weights[each] / size)))


def _judged(found: Sequence[Comparison], preset: Preset, theirs: FixedDefault) -> Iterator[Limit]:
    count = math.ceil(WORST_SHARE * len(found))
    for name, measure in (("3-norm", _norm), ("greatest", _greatest)):
        worst = sorted(found, key=lambda each: measure(each.ours), reverse=True)[:count]
        for each in worst:
            _print(each, name, measure(each.ours), measure(each.theirs))
        ratios = [measure(each.ours) / measure(each.theirs) for each in found]
        furthest = found[ratios.index(max(ratios))].picture
        middle = statistics.median(ratios)
        print(
            f"  all {len(found)}, {preset}, {theirs.opening.name}: {name} ratio at most "
            f"{max(ratios):.3f} ({furthest.name}, {furthest.size}), median {middle:.3f}"
        )
        ratio = max(measure(each.ours) / measure(each.theirs) for each in worst)
        title = f"butteraugli {name}, {preset}, {theirs.opening.name}, greatest ratio"
        yield Limit(name=title, value=ratio, bound=1.0)


def _norm(measured: Distance) -> float:
    return measured.norm


def _greatest(measured: Distance) -> float:
    return measured.greatest


def _print(each: Comparison, name: str, ours: float, theirs: float) -> None:
    word = "worse" if ours > theirs else "ok"
    print(
        f"  {word:6}{each.picture.name:20.20}{each.picture.size:>5}  {each.answer.format:5}"
        f"{name:9} ours {ours:6.3f} ({each.answer.bytes} bytes, score {each.answer.score:.1f})"
        f"  fixed {theirs:6.3f} ({each.bytes} bytes, Q {each.quality})"
    )
