"""Where a quality search should start: the quality that each encoder needs for a score.

    python -m benchmarks.quality.priors --cache FOLDER [photo-500] [photo-1500] [graphic-500]

prints medians over the pictures of each group, or of the named ones; the bytes relative to plain
JPEG at equal score; and how the score of a slow encoder relates to that of its fast sibling at the
same quality.
"""

import statistics
from collections.abc import Iterable, Sequence

from benchmarks.quality.arguments import Arguments, read_arguments
from benchmarks.quality.baselines import Baselines
from benchmarks.quality.curves import Curve
from benchmarks.quality.encoders import (
    AVIF_0,
    AVIF_1,
    AVIF_1_DEEP,
    AVIF_2,
    AVIF_3,
    AVIF_3_DEEP,
    ENCODERS,
    FAST_JPEG,
    PLAIN_JPEG,
    TRELLIS_JPEG,
    WEBP_4,
    WEBP_6,
    Encoder,
)
from benchmarks.quality.pictures import Kind, Picture, Size, pictures

SCORES = (60.0, 66.0, 72.0, 78.0, 84.0, 90.0)
GROUPS = ((Kind.PHOTO, Size.SMALL), (Kind.PHOTO, Size.LARGE), (Kind.GRAPHIC, Size.SMALL))
SIBLINGS = (
    (FAST_JPEG, TRELLIS_JPEG),
    (WEBP_4, WEBP_6),
    (AVIF_0, AVIF_1),
    (AVIF_1, AVIF_2),
    (AVIF_1, AVIF_3),
    (AVIF_0, AVIF_3),
    (AVIF_1, AVIF_1_DEEP),
    (AVIF_3, AVIF_3_DEEP),
    (AVIF_1_DEEP, AVIF_3_DEEP),
)
# Enough for quality and slope; slow encoders are sampled no finer than a search would be.
QUALITIES: dict[str, tuple[int, ...]] = {
    "jpegsave_buffer": (20, 30, 40, 50, 60, 70, 78, 85, 91, 96),
    "webpsave_buffer": (10, 25, 40, 55, 68, 78, 86, 92, 97, 100),
    "heifsave_buffer": (15, 25, 35, 43, 50, 58, 66, 74, 82, 90),
}
OPEN_SAVERS = {
    "JPEG alone": ("jpegsave_buffer",),
    "WebP open": ("jpegsave_buffer", "webpsave_buffer"),
    "AVIF open": ("jpegsave_buffer", "webpsave_buffer", "heifsave_buffer"),
}
_SLOPE_POINTS = 2.0

Curves = dict[str, list[Curve | None]]


def main() -> None:
    arguments = read_arguments("Where a quality search should start.")
    for kind, size in GROUPS:
        if not arguments.sections or f"{kind}-{size}" in arguments.sections:
            _print_group(arguments, kind, size)


def _print_group(arguments: Arguments, kind: Kind, size: Size) -> None:
    chosen = [each for each in pictures(arguments.corpus, kind, size) if each.is_comparable]
    baselines = arguments.baselines()
    curves = {encoder.name: _curves(baselines, chosen, encoder) for encoder in ENCODERS}
    print(f"\n{len(chosen)} {kind}s at {size} px; scores {SCORES}")
    print(
        "quality for a score: median [min..max] sd, steps of quality per point of score, pictures"
    )
    for encoder in ENCODERS:
        cells = "".join(_quality_cell(curves[encoder.name], score) for score in SCORES)
        print(f"{encoder.name:13}{cells}")
    print("CPU seconds per megapixel, and bytes at equal score / plain JPEG: total, geometric mean")
    for encoder in ENCODERS:
        cells = "".join(_bytes_cell(curves, encoder, score) for score in SCORES)
        print(f"{encoder.name:13}{_cpu(baselines, chosen, encoder):7.3f}{cells}")
    print("the smallest of them for each picture, in formats that are open: total / plain JPEG")
    for name, savers in OPEN_SAVERS.items():
        cells = "".join(_best_cell(curves, savers, score) for score in SCORES)
        print(f"{name:20}{cells}")
    print("score of the second minus score of the first at the same quality: mean, sd")
    for fast, slow in SIBLINGS:
        pair = (curves[fast.name], curves[slow.name])
        cells = "".join(_difference(*pair, score) for score in SCORES)
        print(f"{fast.name + ' > ' + slow.name:26}{cells}")


def _curves(
    baselines: Baselines, chosen: Sequence[Picture], encoder: Encoder
) -> list[Curve | None]:
    """None where it is not measured: WebP effort 6 takes 40 s for a megapixel of alpha."""
    qualities = QUALITIES[encoder.saver]
    return [
        None
        if encoder is WEBP_6 and picture.has_alpha
        else baselines.curve(picture, encoder, qualities)
        for picture in chosen
    ]


def _quality_cell(curves: Iterable[Curve | None], score: float) -> str:
    found = [(curve, quality) for curve in curves if curve and (quality := curve.quality_at(score))]
    if len(found) < 3:
        return f"{'–':>28}"
    qualities = [quality for _, quality in found]
    slopes = [slope for curve, _ in found if (slope := _slope(curve, score))]
    middle, deviation = statistics.median(qualities), statistics.stdev(qualities)
    slope = statistics.median(slopes) if slopes else float("nan")
    span = f"[{min(qualities):.0f}..{max(qualities):.0f}]"
    return f"{middle:6.1f}{span:>9}{deviation:5.1f}{slope:5.2f}{len(found):>3}"


def _slope(curve: Curve, score: float) -> float | None:
    below, above = curve.quality_at(score - _SLOPE_POINTS), curve.quality_at(score + _SLOPE_POINTS)
    if below is None or above is None:
        return None
    return (above - below) / (2 * _SLOPE_POINTS)


def _bytes_cell(curves: Curves, encoder: Encoder, score: float) -> str:
    pairs = [
        (ours, plain)
        for curve, base in zip(curves[encoder.name], curves[PLAIN_JPEG.name], strict=True)
        if curve and base and (ours := curve.bytes_at(score)) and (plain := base.bytes_at(score))
    ]
    if not pairs:
        return f"{'–':>15}"
    total = sum(ours for ours, _ in pairs) / sum(plain for _, plain in pairs)
    mean = statistics.geometric_mean([ours / plain for ours, plain in pairs])
    return f"{total:8.3f}{mean:7.3f}"


def _best_cell(curves: Curves, savers: tuple[str, ...], score: float) -> str:
    """What a search without end could reach: no answer of ours can be smaller than that."""
    columns = [curves[encoder.name] for encoder in ENCODERS if encoder.saver in savers]
    best = plain = 0.0
    for base, *others in zip(curves[PLAIN_JPEG.name], *columns, strict=True):
        known = [size for curve in others if curve and (size := curve.bytes_at(score))]
        if base and known and (spent := base.bytes_at(score)):
            best, plain = best + min(known), plain + spent
    return f"{best / plain:8.3f}{'':7}" if plain else f"{'–':>15}"


def _cpu(baselines: Baselines, chosen: Sequence[Picture], encoder: Encoder) -> float:
    """Median over the pictures, each at a middle quality."""
    quality = QUALITIES[encoder.saver][5]
    return statistics.median(
        baselines.encoded(picture, encoder, quality).number / picture.megapixels
        for picture in chosen
        if not (encoder is WEBP_6 and picture.has_alpha)
    )


def _difference(fast: Sequence[Curve | None], slow: Sequence[Curve | None], score: float) -> str:
    """At the quality where the fast one reaches `score`."""
    differences = [
        there - score
        for first, second in zip(fast, slow, strict=True)
        if first
        and second
        and (quality := first.quality_at(score))
        and (there := second.score_at(quality))
    ]
    if len(differences) < 3:
        return f"{'–':>14}"
    return f"{statistics.mean(differences):+8.2f}{statistics.stdev(differences):6.2f}"


if __name__ == "__main__":
    main()
