"""The judge: scores candidates of one rendered reference, each the way its format is seen.

A format without alpha is compared with the reference on the background, the others with its
alpha. References are prepared once, when the first candidate asks for them.
"""

from functools import cached_property

import numpy as np
import pyvips

from imgproxy_py.engine.animation_score import AnimationReference
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.metric import Reference, TiledReference
from imgproxy_py.engine.pillow_jpeg import read_jpeg
from imgproxy_py.engine.pixels import Pixels, array_of
from imgproxy_py.engine.sample import sample_of

JPEG_START = b"\xff\xd8"


# A prepared reference holds 20 bytes a pixel; beyond this the picture is looked at in bands, which
# takes three times as long.
WHOLE_UP_TO_PIXELS = 24_000_000


class Judge:
    """Scores candidates against a brief's rendered reference (SSIMULACRA2, at its size)."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._references: dict[bool, Reference | TiledReference] = {}

    @cached_property
    def sample(self) -> "tuple[Brief, Judge] | None":
        """A large picture's tiles or a few of many frames, and their judge; else None."""
        part = sample_of(self._brief)
        return None if part is None else (part, Judge(part))

    def score(self, data: bytes, image_format: ImageFormat) -> float:
        """Higher is better, 100 is equal. Raises BrokenImage when `data` cannot be read back."""
        row = FORMATS[image_format]
        if self._brief.rendered.frames > 1 and row.carries_animation:
            return self._animation.score(data, image_format)
        reference = self._reference(row.carries_alpha and self._brief.content.uses_alpha)
        if isinstance(reference, TiledReference):
            return reference.confirm(decoded(data))
        return reference.score(decoded(data))

    @cached_property
    def _animation(self) -> AnimationReference:
        return AnimationReference.of(self._brief)

    def _reference(self, shows_alpha: bool) -> Reference | TiledReference:
        if shows_alpha not in self._references:
            is_whole = self._brief.pixels <= WHOLE_UP_TO_PIXELS
            kind = Reference if is_whole else TiledReference
            self._references[shows_alpha] = kind.of(self._pixels(shows_alpha))
        return self._references[shows_alpha]

    def _pixels(self, shows_alpha: bool) -> Pixels:
        brief, rendered = self._brief, self._brief.rendered
        if rendered.pixels is not None and shows_alpha is rendered.has_alpha:
            return np.frombuffer(rendered.pixels, np.uint8).reshape(
                rendered.height, rendered.width, -1
            )
        return array_of(brief.still(allows_alpha=shows_alpha))


def decoded(data: bytes) -> Pixels:
    """The first frame of an encoded picture: 8 bits, 1 to 4 bands."""
    if data.startswith(JPEG_START) and (pixels := read_jpeg(data)) is not None:
        return pixels
    try:
        return array_of(pyvips.Image.new_from_buffer(data, ""))
    except pyvips.Error as error:
        raise BrokenImage("a result could not be read back") from error
