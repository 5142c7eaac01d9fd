"""Encoders by themselves: what each spends on a picture at a quality, and how that scores.

These never change while the engine is tuned, so all of it is kept in the cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.quality.cache import Cache, Kept
from benchmarks.quality.curves import Curve, Point
from benchmarks.quality.encoders import Encoder, as_pixels
from benchmarks.quality.judges import Judge, Scorer
from benchmarks.quality.pictures import Picture

# Dense where scores 50..95 lie; the ends are there so that no score falls off a curve.
QUALITIES: dict[str, tuple[int, ...]] = {
    "jpegsave_buffer": (8, 14, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 88, 91, 94, 96, 98, 100),
    "webpsave_buffer": (2, 10, 25, 40, 55, 62, 68, 73, 78, 82, 86, 89, 92, 95, 97, 98, 100),
    "heifsave_buffer": (8, 15, 25, 35, 43, 50, 58, 63, 66, 70, 74, 78, 82, 86, 90, 94, 97),
}


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """Everything that is measured goes through here, whoever made the bytes."""

    cache: Cache
    judge: Judge
    _scorers: dict[str, Scorer] = field(default_factory=dict)

    def encoded(self, picture: Picture, encoder: Encoder, quality: int) -> Kept:
        """The bytes, and the seconds of CPU that they took when they were made."""
        return self.cache.kept(
            picture.key,
            encoder.key,
            str(quality),
            make=lambda: encoder.encode(picture.pixels, quality),
        )

    def score(self, picture: Picture, data: bytes, *key: str) -> float:
        """Of an encoded picture; `key` says which bytes they are."""
        kept = self.cache.kept(
            picture.key,
            self.judge.name,
            *key,
            make=lambda: Kept(number=self._scorer(picture)(as_pixels(data))),
        )
        return kept.number

    def point(self, picture: Picture, encoder: Encoder, quality: int) -> Point:
        data = self.encoded(picture, encoder, quality).data
        score = self.score(picture, data, encoder.key, str(quality))
        return Point(quality=quality, bytes=len(data), score=score)

    def curve(
        self, picture: Picture, encoder: Encoder, qualities: Sequence[int] | None = None
    ) -> Curve:
        chosen = QUALITIES[encoder.saver] if qualities is None else qualities
        return Curve.through(self.point(picture, encoder, quality) for quality in chosen)

    def _scorer(self, picture: Picture) -> Scorer:
        """One prepared reference at a time: a large one holds many megabytes."""
        if picture.key not in self._scorers:
            self._scorers.clear()
            self._scorers[picture.key] = self.judge.prepared(picture.pixels)
        return self._scorers[picture.key]
