"""One row for each picture and encoder: what it weighs, how it scores, what it took."""

from dataclasses import dataclass

from benchmarks.quality.curves import Curve, Point
from benchmarks.quality.limits import number
from benchmarks.quality.ours import Answer
from benchmarks.quality.pictures import Picture

HEADING = (
    f"{'picture':25}{'px':>5} {'encoder':27}{'quality':>8}{'bytes':>9}{'score':>7}"
    f"{'tries':>6}{'CPU ms':>8}{'/plain':>8}  stop"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`relative` is bytes over those of plain JPEG at the same score, where that is known."""

    picture: Picture
    encoder: str
    quality: int | None
    bytes: int
    score: float
    attempts: int
    cpu_seconds: float
    relative: float | None = None
    stop: str = ""

    def __str__(self) -> str:
        quality = "–" if self.quality is None else str(self.quality)
        return (
            f"{self.picture.name:25.25}{self.picture.size:>5} {self.encoder:27.27}{quality:>8}"
            f"{self.bytes:>9}{self.score:>7.1f}{self.attempts:>6}{self.cpu_seconds * 1000:>8.0f}"
            f"{number(self.relative):>8}  {self.stop}"
        )


def answer_row(picture: Picture, given: Answer, plain: Curve | None) -> Row:
    """An answer of the engine, beside the plain JPEG of its score."""
    base = plain.bytes_at(given.score) if plain is not None else None
    return Row(
        picture=picture,
        encoder=f"{given.opening.name}, {given.tier}: {given.format}",
        quality=given.quality,
        bytes=given.bytes,
        score=given.score,
        attempts=given.attempts,
        cpu_seconds=given.cpu_seconds,
        relative=given.bytes / base if base else None,
        stop=given.stop,
    )


def encode_row(picture: Picture, encoder: str, point: Point, seconds: float, plain: Curve) -> Row:
    """One encode at a fixed quality."""
    base = plain.bytes_at(point.score)
    return Row(
        picture=picture,
        encoder=encoder,
        quality=round(point.quality),
        bytes=point.bytes,
        score=point.score,
        attempts=1,
        cpu_seconds=seconds,
        relative=point.bytes / base if base else None,
        stop="fixed",
    )
