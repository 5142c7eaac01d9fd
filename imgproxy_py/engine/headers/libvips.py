"""Headers that libvips reads itself: GIF, AVIF, TIFF and SVG. No pixel is decoded.

A GIF's or AVIF's header is spread over the file, so it has to have arrived whole.
"""

from typing import Any

import pyvips

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers import icc
from imgproxy_py.engine.loaders import LOADERS
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.vips import Translated

_LOSSLESS = frozenset({ImageFormat.GIF, ImageFormat.SVG})
_BITS = {"uchar": 8, "ushort": 16}


def read_with_libvips(source: SourceBytes, image_format: ImageFormat) -> SourceFacts:
    """Facts from libvips' own header; raises BrokenImage when it refuses the file."""
    source.wait_until_complete()
    with Translated():
        image = LOADERS[image_format](source.vips_source())
    is_animated = image_format is ImageFormat.GIF and _field(image, "n-pages", 1) > 1
    profile = icc.read_profile(_field(image, "icc-profile-data", b""))
    orientation = _field(image, "orientation", 1)
    if image.width < 1 or image.height < 1:
        raise BrokenImage("the source image is damaged: it has no size")
    return SourceFacts(
        format=image_format,
        width=image.width,
        height=image.height,
        # libheif applies AVIF's own rotation while it decodes, and libvips clears the tag.
        orientation=orientation if orientation in range(1, 9) else 1,
        frames=_field(image, "n-pages", 1) if is_animated else 1,
        delays_ms=tuple(_field(image, "delay", [])) if is_animated else (),
        loop=_field(image, "loop", 0),
        has_alpha=bool(image.hasalpha()),  # libvips gives an integer
        bits=_field(image, "bits-per-sample", _BITS.get(image.format, 32)),
        bands=image.bands,
        has_icc=profile is not None,
        icc_name=profile.name if profile else None,
        has_srgb_profile=profile is not None and profile.is_srgb,
        is_cmyk=image.interpretation == "cmyk",
        is_gray=image.interpretation in ("b-w", "grey16"),
        is_palette=image_format is ImageFormat.GIF,
        is_lossless=image_format in _LOSSLESS,
    )


def _field(image: pyvips.Image, name: str, default: Any) -> Any:
    return image.get(name) if image.get_typeof(name) else default
