"""What can be had at all: the smallest of all ways to write a photograph, at the very target.

No search could do better with these codecs, so a limit below it asks for other codecs or for other
photographs. The busier half of the photographs (by the bytes of plain JPEG for each pixel) stands
apart from the softer one: newer codecs save most where there is least to see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.quality.bench import Bench
from benchmarks.quality.encoders import (
    AVIF_1_DEEP,
    AVIF_3,
    AVIF_3_DEEP,
    AVIF_3_FULL,
    FULL_CHROMA_MASKED_JPEG,
    MASKED_JPEG,
    TRELLIS_JPEG,
    WEBP_4,
    WEBP_6,
    Encoder,
)
from benchmarks.quality.limits import Limit, Pair, number, total_ratio
from benchmarks.quality.ours import AVIF_OPEN, JPEG_ALONE, WEBP_OPEN
from benchmarks.quality.pictures import Kind, Picture, Size
from benchmarks.quality.priors import QUALITIES
from imgproxy_py.engine.presets import TARGET_SCORES
from options_grammar.options import Preset

_JPEG = (TRELLIS_JPEG, MASKED_JPEG, FULL_CHROMA_MASKED_JPEG)
_WEBP = (*_JPEG, WEBP_4, WEBP_6)
# What a client shows, and every way to write for it.
WAYS: dict[str, tuple[Encoder, ...]] = {
    JPEG_ALONE.name: _JPEG,
    WEBP_OPEN.name: _WEBP,
    AVIF_OPEN.name: (*_WEBP, AVIF_1_DEEP, AVIF_3, AVIF_3_DEEP, AVIF_3_FULL),
}
_TARGET = TARGET_SCORES[Preset.MEDIUM]


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """One photograph: its bytes as plain JPEG, and the fewest for each kind of client."""

    name: str
    megapixels: float
    plain: float
    fewest: dict[str, float]

    @property
    def plain_bytes_per_pixel(self) -> float:
        return self.plain / self.megapixels / 1e6


def run(bench: Bench) -> list[Limit]:
    """Prints; what cannot be helped is no limit."""
    for size in bench.sizes:
        found = list(_found(bench, size))
        print(f"\nthe least that {len(found)} photographs at {size} px can take at {_TARGET:g}")
        print(f"{'':20}{'plain b/px':>11}" + "".join(f"{name:>12}" for name in WAYS))
        for each in sorted(found, key=lambda each: each.plain_bytes_per_pixel):
            print(_row(each.name, [each]))
        soft, busy = halves(found)
        for title, group in (("all", found), ("softer half", soft), ("busier half", busy)):
            print(_row(title, group))
    return []


def halves(found: Sequence[Least]) -> tuple[list[Least], list[Least]]:
    """The softer ones and the busier ones; of an odd number the middle one is busy."""
    ordered = sorted(found, key=lambda each: each.plain_bytes_per_pixel)
    middle = len(ordered) // 2
    return ordered[:middle], ordered[middle:]


def ratio(group: Sequence[Least], client: str) -> float | None:
    """Total bytes over plain JPEG; None without pictures."""
    return total_ratio([Pair(ours=each.fewest[client], theirs=each.plain) for each in group])


def _found(bench: Bench, size: Size) -> Iterator[Least]:
    for picture in bench.comparable(Kind.PHOTO, size):
        plain = bench.plain(picture).bytes_at(_TARGET)
        fewest = {name: _fewest(bench, picture, ways) for name, ways in WAYS.items()}
        if plain is not None and all(fewest.values()):
            known = {name: size for name, size in fewest.items() if size is not None}
            yield Least(name=picture.name, megapixels=picture.megapixels, plain=plain, fewest=known)


def _fewest(bench: Bench, picture: Picture, ways: Sequence[Encoder]) -> float | None:
    curves = (bench.baselines.curve(picture, encoder, QUALITIES[encoder.saver]) for encoder in ways)
    sizes = [size for curve in curves if (size := curve.bytes_at(_TARGET)) is not None]
    return min(sizes, default=None)


def _row(title: str, group: Sequence[Least]) -> str:
    pixels = sum(each.megapixels for each in group) * 1e6
    spent = sum(each.plain for each in group) / pixels if pixels else None
    cells = "".join(f"{number(ratio(group, name)):>12}" for name in WAYS)
    return f"{title:20.20}{number(spent):>11}{cells}"
