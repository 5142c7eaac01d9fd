"""Against servers that use one fixed quality for every picture, as imgproxy does by default.

Two comparisons of photographs, each in one format. At their score: our answer to `quality=N`, N the
score of their picture, against their encoder's bytes at the score that we reached. For the same
promise: the fixed quality at which nine pictures of ten reach our target, against our answers.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.quality.bench import TIERS, Bench
from benchmarks.quality.encoders import AVIF_1, PLAIN_JPEG, WEBP_4, Encoder
from benchmarks.quality.limits import (
    SAME_PROMISE,
    Limit,
    Pair,
    median_ratio,
    number,
    total_ratio,
)
from benchmarks.quality.ours import AVIF_FIXED, JPEG_FIXED, WEBP_FIXED, Opening
from benchmarks.quality.pictures import Kind, Picture, Size
from benchmarks.quality.rows import HEADING, encode_row
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.presets import TARGET_SCORES
from options_grammar.options import MAX_QUALITY, Preset

PROMISED_SHARE = 0.9
TARGET = TARGET_SCORES[Preset.MEDIUM]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDefault:
    """imgproxy's default for one format (its documentation: JPEG 80, WebP 79, AVIF 63 speed 8)."""

    opening: Opening
    encoder: Encoder
    quality: int
    bound: float


FIXED_DEFAULTS = (
    FixedDefault(opening=JPEG_FIXED, encoder=PLAIN_JPEG, quality=80, bound=0.88),
    FixedDefault(opening=WEBP_FIXED, encoder=WEBP_4, quality=79, bound=0.97),
    FixedDefault(opening=AVIF_FIXED, encoder=AVIF_1, quality=63, bound=0.93),
)


def run(bench: Bench) -> list[Limit]:
    limits: list[Limit] = []
    for size in bench.sizes:
        _print_rows(bench, size)
        print(f"\nphotographs at {size} px against fixed defaults, total bytes")
        for theirs in FIXED_DEFAULTS:
            limits += _at_their_score(bench, size, theirs)
        for theirs in FIXED_DEFAULTS:
            limits += _same_promise(bench, size, theirs)
    return limits


def _print_rows(bench: Bench, size: Size) -> None:
    print("\n" + HEADING)
    for picture in bench.pictures(Kind.PHOTO, size):
        for theirs in FIXED_DEFAULTS:
            point = bench.baselines.point(picture, theirs.encoder, theirs.quality)
            seconds = bench.baselines.encoded(picture, theirs.encoder, theirs.quality).number
            print(encode_row(picture, theirs.encoder.name, point, seconds, bench.plain(picture)))


def _at_their_score(bench: Bench, size: Size, theirs: FixedDefault) -> Iterator[Limit]:
    name = (
        f"{theirs.opening.name} at the score of {theirs.encoder.name} {theirs.quality}, {size} px"
    )
    for tier in TIERS:
        equal, delivered = [], []
        for picture in bench.comparable(Kind.PHOTO, size):
            point = bench.baselines.point(picture, theirs.encoder, theirs.quality)
            asked = min(max(round(point.score), 1), MAX_QUALITY)
            given = bench.answer(picture, theirs.opening, tier, asked)
            delivered.append(Pair(ours=given.bytes, theirs=point.bytes))
            base = bench.baselines.curve(picture, theirs.encoder).bytes_at(given.score)
            if base is not None:
                equal.append(Pair(ours=given.bytes, theirs=base))
        print(
            f"  {name}, {tier}: {number(total_ratio(equal))} at equal score (median picture "
            f"{number(median_ratio(equal))}), {number(total_ratio(delivered))} as delivered"
        )
        if tier is Tier.SETTLED:
            yield Limit(name=name, value=total_ratio(equal), bound=theirs.bound)


def _same_promise(bench: Bench, size: Size, theirs: FixedDefault) -> Iterator[Limit]:
    chosen = bench.comparable(Kind.PHOTO, size)
    quality = promised_quality(bench, chosen, theirs.encoder)
    name = f"{theirs.opening.name} for the same promise as one fixed quality, {size} px"
    if quality is None:
        yield Limit(name=name, value=None, bound=SAME_PROMISE)
        return
    for tier in TIERS:
        pairs = [
            Pair(
                ours=bench.answer(picture, theirs.opening, tier).bytes,
                theirs=bench.baselines.point(picture, theirs.encoder, quality).bytes,
            )
            for picture in chosen
        ]
        print(f"  {name} ({quality}), {tier}: {number(total_ratio(pairs))}")
        if tier is Tier.SETTLED:
            yield Limit(name=name, value=total_ratio(pairs), bound=SAME_PROMISE)


def promised_quality(bench: Bench, chosen: tuple[Picture, ...], encoder: Encoder) -> int | None:
    """The lowest quality at which nine pictures of ten reach the target of medium.

    A picture that never reaches it needs more than there is. None where that are too many.
    """
    needed = sorted(
        bench.baselines.curve(picture, encoder).quality_at(TARGET) or math.inf for picture in chosen
    )
    last = needed[math.ceil(PROMISED_SHARE * len(needed)) - 1] if needed else math.inf
    return None if math.isinf(last) else math.ceil(last)
