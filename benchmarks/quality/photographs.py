"""Photographs at the preset medium: every answer, and its bytes against plain JPEG of its score."""

from collections.abc import Iterator, Sequence

from benchmarks.quality.bench import TIERS, Bench
from benchmarks.quality.limits import (
    FIRST_ANSWER_ALLOWANCE,
    Limit,
    Pair,
    median_ratio,
    number,
    total_ratio,
)
from benchmarks.quality.ours import AVIF_OPEN, JPEG_ALONE, OPENINGS, WEBP_OPEN, Opening
from benchmarks.quality.pictures import Kind, Picture, Size
from benchmarks.quality.rows import HEADING, answer_row
from imgproxy_py.engine.job import Tier

# Settled answers over plain JPEG at equal score, total bytes.
BOUNDS: dict[tuple[Size, str], float] = {
    (Size.LARGE, JPEG_ALONE.name): 0.83,
    (Size.LARGE, WEBP_OPEN.name): 0.75,
    (Size.LARGE, AVIF_OPEN.name): 0.53,
    (Size.SMALL, JPEG_ALONE.name): 0.89,
    (Size.SMALL, WEBP_OPEN.name): 0.81,
    (Size.SMALL, AVIF_OPEN.name): 0.66,
}


def run(bench: Bench) -> list[Limit]:
    """Print the rows and totals."""
    limits: list[Limit] = []
    for size in bench.sizes:
        _print_rows(bench, size)
        chosen = bench.comparable(Kind.PHOTO, size)
        left_out = len(bench.pictures(Kind.PHOTO, size)) - len(chosen)
        print(
            f"\n{len(chosen)} photographs at {size} px, total bytes over plain JPEG at equal score"
        )
        print(f"({left_out} lossy source(s) of that very size left out)")
        for opening in OPENINGS:
            limits += _totals(bench, chosen, size, opening)
    return limits


def _print_rows(bench: Bench, size: Size) -> None:
    print("\n" + HEADING)
    for picture in bench.pictures(Kind.PHOTO, size):
        plain = bench.plain(picture)
        for opening in OPENINGS:
            for tier in TIERS:
                print(answer_row(picture, bench.answer(picture, opening, tier), plain))


def _totals(
    bench: Bench, chosen: Sequence[Picture], size: Size, opening: Opening
) -> Iterator[Limit]:
    ratios: dict[Tier, float | None] = {}
    for tier in TIERS:
        pairs = _pairs(bench, chosen, opening, tier)
        ratios[tier] = total_ratio(pairs)
        print(
            f"  {opening.name:11}{tier:8}{number(ratios[tier]):>7}  median picture "
            f"{number(median_ratio(pairs))}  {len(pairs)} pictures"
        )
    bound = BOUNDS[size, opening.name]
    name = f"{opening.name}, {size} px, over plain JPEG at equal score"
    yield Limit(name=f"{name}, settled", value=ratios[Tier.SETTLED], bound=bound)
    allowed = round(bound * FIRST_ANSWER_ALLOWANCE, 3)
    yield Limit(name=f"{name}, first answer", value=ratios[Tier.LIVE], bound=allowed)


def _pairs(bench: Bench, chosen: Sequence[Picture], opening: Opening, tier: Tier) -> list[Pair]:
    found: list[Pair] = []
    for picture in chosen:
        given = bench.answer(picture, opening, tier)
        base = bench.plain(picture).bytes_at(given.score)
        if base is not None:
            found.append(Pair(ours=given.bytes, theirs=base))
    return found
