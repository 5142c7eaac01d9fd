"""Decode: source bytes to pixels, as small as the plan allows and row by row where possible.

Only the loader of the sniffed format is called, by name. A picture that is cut or damaged raises
BrokenImage, at the latest when its last row is read.
"""

from collections.abc import Iterator
from typing import Any

import pyvips

from imgproxy_py.engine.apng import decode_apng
from imgproxy_py.engine.bmp import decode_bmp
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.loaders import LOADERS
from imgproxy_py.engine.plan import Plan
from imgproxy_py.engine.source import SourceBytes

# Shrink-on-load is a box filter: a factor of two is left for Lanczos, as in libvips' thumbnail.
_KEPT_FACTOR = 2
_JPEG_SHRINKS = (8, 4, 2)


def decode(source: SourceBytes, facts: SourceFacts, plan: Plan) -> pyvips.Image:
    """The picture, or the first frame; lazy, and readable once from top to bottom."""
    if facts.format is ImageFormat.BMP:
        return decode_bmp(source)
    shrinking = _shrinking(facts, plan)
    image = _load(source, facts, shrinking)
    if not shrinking:
        _refuse_other_size(image, facts)
    return image


def decode_frames(source: SourceBytes, facts: SourceFacts) -> Iterator[pyvips.Image]:
    """Each frame at full size, to be used up before the next is asked for."""
    if facts.format is ImageFormat.PNG:
        yield from decode_apng(source, facts)
        return
    strip = _load(source, facts, {"n": -1})
    if (strip.width, strip.height) != (facts.width, facts.height * facts.frames):
        raise BrokenImage("the source image is damaged: its frames are not what its header says")
    for top in range(0, strip.height, facts.height):
        yield strip.crop(0, top, facts.width, facts.height)


def jpeg_shrink(plan: Plan) -> int:
    """The factor 1, 2, 4 or 8 by which libjpeg shrinks while it decodes."""
    affordable = plan.shrink / _KEPT_FACTOR
    return next((shrink for shrink in _JPEG_SHRINKS if affordable >= shrink), 1)


def webp_scale(plan: Plan) -> float:
    """The scale at which libwebp decodes; 1 where shrinking would not save much."""
    affordable = plan.shrink / _KEPT_FACTOR
    return 1 / affordable if affordable >= _KEPT_FACTOR else 1.0


def _shrinking(facts: SourceFacts, plan: Plan) -> dict[str, Any]:
    match facts.format:
        case ImageFormat.JPEG:
            shrink = jpeg_shrink(plan)
            return {"shrink": shrink} if shrink > 1 else {}
        case ImageFormat.WEBP:
            scale = webp_scale(plan)
            return {"scale": scale} if scale < 1 else {}
        case ImageFormat.SVG:
            return {"scale": plan.scale}
        case _:
            return {}


def _load(source: SourceBytes, facts: SourceFacts, options: dict[str, Any]) -> pyvips.Image:
    load = LOADERS[facts.format]
    return load(source.vips_source(), access="sequential", fail_on="truncated", **options)


def _refuse_other_size(image: pyvips.Image, facts: SourceFacts) -> None:
    """Raise when the decoder sees another picture than the header reader, which guards limits."""
    if (image.width, image.height) != (facts.width, facts.height):
        raise BrokenImage(
            f"the source image is damaged: its header says {facts.width}x{facts.height}, "
            f"its pixels {image.width}x{image.height}"
        )
