"""Graphics against a losslessly optimized PNG (oxipng level 2): lossy at medium, and lossless."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import oxipng

from benchmarks.quality.baselines import Baselines
from benchmarks.quality.bench import TIERS, Bench
from benchmarks.quality.cache import Kept
from benchmarks.quality.encoders import as_image
from benchmarks.quality.limits import (
    GRAPHICS_LOSSLESS,
    GRAPHICS_LOSSY,
    Limit,
    Pair,
    median_ratio,
    number,
    total_ratio,
)
from benchmarks.quality.ours import AVIF_OPEN, PNG_FIXED, WEBP_OPEN, Opening
from benchmarks.quality.pictures import Kind, Picture, Size
from benchmarks.quality.rows import HEADING, answer_row
from imgproxy_py.engine.job import Tier
from options_grammar.options import Preset

OXIPNG_LEVEL = 2
LOSSY = (PNG_FIXED, WEBP_OPEN, AVIF_OPEN)
LOSSLESS = (PNG_FIXED, WEBP_OPEN)


def run(bench: Bench) -> list[Limit]:
    limits: list[Limit] = []
    for size in bench.sizes:
        chosen = bench.comparable(Kind.GRAPHIC, size)
        print("\n" + HEADING)
        for picture in chosen:
            for opening in LOSSY:
                for tier in TIERS:
                    print(answer_row(picture, bench.answer(picture, opening, tier), None))
        print(f"\n{len(chosen)} graphics at {size} px over oxipng level {OXIPNG_LEVEL}")
        limits += [_lossy(bench, chosen, size, opening) for opening in LOSSY]
        limits += [_lossless(bench, chosen, size, opening) for opening in LOSSLESS]
    return limits


def oxipng_bytes(baselines: Baselines, picture: Picture) -> int:
    """The rendered reference as a PNG, squeezed."""

    def made() -> Kept:
        data = oxipng.optimize_from_memory(_png(picture), level=OXIPNG_LEVEL)
        return Kept(number=float(len(data)))

    return int(baselines.cache.kept(picture.key, f"oxipng {OXIPNG_LEVEL}", make=made).number)


def _png(picture: Picture) -> bytes:
    data: bytes = as_image(picture.pixels).pngsave_buffer(compression=6, keep="none")
    return data


def _lossy(bench: Bench, chosen: Sequence[Picture], size: Size, opening: Opening) -> Limit:
    value: float | None = None
    for tier in TIERS:
        pairs = [
            Pair(
                ours=bench.answer(picture, opening, tier).bytes,
                theirs=oxipng_bytes(bench.baselines, picture),
            )
            for picture in chosen
        ]
        value = total_ratio(pairs)
        _print_line(f"lossy, {opening.name}, {tier}", pairs)
    return Limit(
        name=f"graphics, lossy, {opening.name}, {size} px, settled",
        value=value,
        bound=GRAPHICS_LOSSY,
    )


def _lossless(bench: Bench, chosen: Sequence[Picture], size: Size, opening: Opening) -> Limit:
    """Lossless means unresized, so the rendered reference becomes the source, as a plain PNG."""
    pairs: list[Pair] = []
    with tempfile.TemporaryDirectory() as folder:
        for picture in chosen:
            path = Path(folder, f"{picture.name}.png")
            path.write_bytes(_png(picture))
            source = replace(picture, path=path, size_text="full")
            given = bench.answer(source, opening, Tier.SETTLED, Preset.LOSSLESS)
            theirs = oxipng_bytes(bench.baselines, picture)
            pairs.append(Pair(ours=given.bytes, theirs=theirs))
    _print_line(f"lossless, {opening.name}, settled", pairs)
    return Limit(
        name=f"graphics, lossless, {opening.name}, {size} px",
        value=total_ratio(pairs),
        bound=GRAPHICS_LOSSLESS,
    )


def _print_line(name: str, pairs: Sequence[Pair]) -> None:
    print(
        f"  {name:34}{number(total_ratio(pairs)):>7}  median picture {number(median_ratio(pairs))}"
    )
