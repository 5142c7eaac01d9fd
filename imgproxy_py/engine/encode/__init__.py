"""Encoders: from one brief to the bytes of a result. One row per way to write a format."""

from collections.abc import Callable
from dataclasses import dataclass

import pyvips

from imgproxy_py.engine.encode.avif import (
    encode_avif,
    encode_full_chroma_avif,
    encode_lossless_avif,
)
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.gif import encode_gif
from imgproxy_py.engine.encode.jpeg import (
    encode_full_chroma_jpeg,
    encode_jpeg,
    encode_masked_jpeg,
)
from imgproxy_py.engine.encode.png import (
    encode_flat_palette_png,
    encode_lossless_png,
    encode_palette_png,
)
from imgproxy_py.engine.encode.video import encode_mp4, encode_webm, even
from imgproxy_py.engine.encode.webp import (
    encode_flat_palette_webp,
    encode_lossless_webp,
    encode_near_lossless_webp,
    encode_palette_webp,
    encode_webp,
)
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.rendered import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way to write a format. Lossless ones take no quality number.

    The quality of a palette is the quantizer's, whatever the format that carries it; `is_flat`
    ones are not dithered. `is_full_chroma`: 4:4:4, where chroma is otherwise halved (4:2:0).
    `is_near`: nearly lossless (libwebp's term). `is_masked`: quantized by ourselves, with more
    error where the picture masks it.
    """

    format: ImageFormat
    is_lossless: bool = False
    is_palette: bool = False
    is_flat: bool = False
    is_full_chroma: bool = False
    is_near: bool = False
    is_masked: bool = False


JPEG = Recipe(format=ImageFormat.JPEG)
FULL_CHROMA_JPEG = Recipe(format=ImageFormat.JPEG, is_full_chroma=True)
MASKED_JPEG = Recipe(format=ImageFormat.JPEG, is_masked=True)
PALETTE_PNG = Recipe(format=ImageFormat.PNG, is_palette=True)
FLAT_PALETTE_PNG = Recipe(format=ImageFormat.PNG, is_palette=True, is_flat=True)
LOSSLESS_PNG = Recipe(format=ImageFormat.PNG, is_lossless=True)
WEBP = Recipe(format=ImageFormat.WEBP)
PALETTE_WEBP = Recipe(format=ImageFormat.WEBP, is_palette=True)
FLAT_PALETTE_WEBP = Recipe(format=ImageFormat.WEBP, is_palette=True, is_flat=True)
NEAR_LOSSLESS_WEBP = Recipe(format=ImageFormat.WEBP, is_near=True)
LOSSLESS_WEBP = Recipe(format=ImageFormat.WEBP, is_lossless=True)
AVIF = Recipe(format=ImageFormat.AVIF)
FULL_CHROMA_AVIF = Recipe(format=ImageFormat.AVIF, is_full_chroma=True)
LOSSLESS_AVIF = Recipe(format=ImageFormat.AVIF, is_lossless=True)
GIF = Recipe(format=ImageFormat.GIF)
WEBM = Recipe(format=ImageFormat.WEBM)
MP4 = Recipe(format=ImageFormat.MP4)

ENCODERS: dict[Recipe, Callable[[Brief, int], bytes]] = {
    JPEG: encode_jpeg,
    FULL_CHROMA_JPEG: encode_full_chroma_jpeg,
    MASKED_JPEG: encode_masked_jpeg,
    PALETTE_PNG: encode_palette_png,
    FLAT_PALETTE_PNG: encode_flat_palette_png,
    LOSSLESS_PNG: encode_lossless_png,
    WEBP: encode_webp,
    PALETTE_WEBP: encode_palette_webp,
    FLAT_PALETTE_WEBP: encode_flat_palette_webp,
    NEAR_LOSSLESS_WEBP: encode_near_lossless_webp,
    LOSSLESS_WEBP: encode_lossless_webp,
    AVIF: encode_avif,
    FULL_CHROMA_AVIF: encode_full_chroma_avif,
    LOSSLESS_AVIF: encode_lossless_avif,
    GIF: encode_gif,
    WEBM: encode_webm,
    MP4: encode_mp4,
}

# With halved chroma first, the same without.
FULL_CHROMA = {JPEG: FULL_CHROMA_JPEG, AVIF: FULL_CHROMA_AVIF}


def name_of(recipe: Recipe) -> str:
    """As reports and receipts call it: "jpeg", "jpeg 4:4:4", "png palette", "webp lossless"."""
    kinds = {
        "lossless": recipe.is_lossless,
        "near-lossless": recipe.is_near,
        "palette": recipe.is_palette,
        "undithered": recipe.is_flat,
        "masked": recipe.is_masked,
        "4:4:4": recipe.is_full_chroma,
    }
    return " ".join([recipe.format.value, *(kind for kind, is_so in kinds.items() if is_so)])


def encode(recipe: Recipe, brief: Brief, quality: int) -> bytes:
    """Raises BrokenImage when the pixels cannot be had or written."""
    try:
        return ENCODERS[recipe](brief, quality)
    except pyvips.Error as error:
        raise BrokenImage(f"the picture could not be written as {recipe.format.value}") from error


def size_of(image_format: ImageFormat, rendered: Rendered) -> tuple[int, int]:
    """Width and height of the result: those of the rendered reference, even for videos."""
    sides = (rendered.width, rendered.page_height)
    if image_format in (ImageFormat.WEBM, ImageFormat.MP4):
        return even(sides[0]), even(sides[1])
    return sides


def frames_of(image_format: ImageFormat, data: bytes, rendered: Rendered) -> int:
    """How many frames the result holds: encoders join neighbors that are equal."""
    if rendered.frames == 1 or not FORMATS[image_format].carries_animation:
        return 1
    if not FORMATS[image_format].is_readable:
        return rendered.frames
    header = pyvips.Image.new_from_buffer(data, "")
    return int(header.get("n-pages")) if header.get_typeof("n-pages") else 1
