"""Scores of candidates against one reference."""

from typing import Self

from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.metric.look import Look
from imgproxy_py.engine.metric.norms import score_of
from imgproxy_py.engine.metric.picture import (
    NO_BACKGROUND,
    Picture,
    backgrounds,
    require_size,
)


class Reference:
    """One rendered reference, prepared once; threads may score against it at the same time.

    It keeps about 20 bytes per pixel, twice that with alpha; a score takes 10 more while it runs.
    """

    def __init__(self, picture: Picture, size: tuple[int, ...]) -> None:
        self._picture = picture
        self._size = size
        self._looks: dict[tuple[float, bool], Look] = {}
        for background in backgrounds(picture):
            self._look(background, is_gray=picture.is_gray)

    @classmethod
    def of(cls, pixels: Bytes) -> Self:
        """`pixels`: sRGB bytes (height, width, bands), gray or RGB, with alpha or without.

        Raises ValueError for pixels of another kind.
        """
        return cls(Picture.of(pixels), pixels.shape[:2])

    def score(self, pixels: Bytes) -> float:
        """SSIMULACRA2 of a candidate: 100 is identical, 90 visually lossless, 30 low.

        With alpha the worse of two scores counts, on a dark and on a light background. Raises
        ValueError on another size than the reference's.
        """
        require_size(pixels, self._size)
        candidate = Picture.of(pixels)
        is_gray = self._picture.is_gray and candidate.is_gray
        if not is_gray:
            candidate = candidate.in_color()
        return min(
            self._score_on(background, candidate, is_gray=is_gray)
            for background in backgrounds(self._picture, candidate)
        )

    def _score_on(self, background: float, candidate: Picture, *, is_gray: bool) -> float:
        errors = self._look(background, is_gray=is_gray).errors(candidate, background)
        return score_of(errors, candidate.size)

    def _look(self, background: float, *, is_gray: bool) -> Look:
        """Prepared at the first use: a gray reference may meet a candidate in color later."""
        if self._picture.is_opaque:
            background = NO_BACKGROUND
        key = (background, is_gray)
        if key not in self._looks:
            picture = self._picture if is_gray else self._picture.in_color()
            self._looks[key] = Look.of(picture, background)
        return self._looks[key]
