"""The pixels of a picture as the metric takes them: checked, and large enough."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.metric.norms import SMALLEST_SIDE

# The grays, in sRGB, under a picture with alpha: those of the reference implementation.
_BACKGROUNDS = (0.1, 0.9)
# Stands for the background of a picture that shows none.
NO_BACKGROUND = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """sRGB bytes (height, width, bands): gray, gray and alpha, RGB or RGBA."""

    pixels: Bytes
    is_opaque: bool

    @classmethod
    def of(cls, pixels: Bytes) -> Self:
        """Raises ValueError for anything but bytes of one to four bands."""
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or not 1 <= pixels.shape[2] <= 4:
            raise ValueError(f"{pixels.dtype} pixels of shape {pixels.shape} cannot be scored")
        if 0 in pixels.shape:
            raise ValueError("a picture without pixels cannot be scored")
        has_alpha = pixels.shape[2] in (2, 4)
        is_opaque = not has_alpha or int(pixels[:, :, -1].min()) == 255
        return cls(pixels=_mirrored(np.ascontiguousarray(pixels)), is_opaque=is_opaque)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, as the arrays have them."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def is_gray(self) -> bool:
        return bool(self.pixels.shape[2] < 3)

    def in_color(self) -> Self:
        """The same with its gray three times, to be compared with a picture that has colors."""
        if not self.is_gray:
            return self
        bands = [0, 0, 0, 1][: self.pixels.shape[2] + 2]
        return type(self)(pixels=self.pixels.take(bands, axis=2), is_opaque=self.is_opaque)

    def rows(self, top: int, bottom: int) -> Self:
        return type(self)(pixels=self.pixels[top:bottom], is_opaque=self.is_opaque)


def backgrounds(*pictures: Picture) -> tuple[float, ...]:
    """Those on which a score of the pictures must be taken."""
    is_opaque = all(picture.is_opaque for picture in pictures)
    return (NO_BACKGROUND,) if is_opaque else _BACKGROUNDS


def require_size(pixels: Bytes, size: tuple[int, ...]) -> None:
    """Raises ValueError unless `pixels` has this (height, width)."""
    if pixels.shape[:2] != size:
        raise ValueError(
            f"the candidate has {_written(pixels.shape)} pixels, the reference {_written(size)}"
        )


def _written(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}" if len(size) > 1 else str(size)


def _mirrored(pixels: Bytes) -> Bytes:
    """Mirrored at the right and the bottom until every scale has the pixels it needs."""
    missing = [max(SMALLEST_SIDE - side, 0) for side in pixels.shape[:2]]
    if not any(missing):
        return pixels
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
