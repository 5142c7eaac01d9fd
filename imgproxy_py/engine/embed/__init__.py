"""Embed: a finished file with EXIF beside its picture, of which no byte changes."""

from collections.abc import Callable

from imgproxy_py.engine.embed.avif import embed_avif
from imgproxy_py.engine.embed.jpeg import embed_jpeg
from imgproxy_py.engine.embed.png import embed_png
from imgproxy_py.engine.embed.webp import embed_webp
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.unstrippable import NotStrippableError

_EMBEDDERS: dict[ImageFormat, Callable[[bytes, bytes], bytes]] = {
    ImageFormat.JPEG: embed_jpeg,
    ImageFormat.PNG: embed_png,
    ImageFormat.WEBP: embed_webp,
    ImageFormat.AVIF: embed_avif,
}


def embed(data: bytes, image_format: ImageFormat, exif: bytes) -> bytes | None:
    """`data` with `exif`, a TIFF structure (EXIF 2.32, 4.5.2), in place of any other.

    None where the format, or this file's structure, has no place for it.
    """
    embedder = _EMBEDDERS.get(image_format)
    if embedder is None:
        return None
    try:
        return embedder(data, exif)
    except NotStrippableError:
        return None
