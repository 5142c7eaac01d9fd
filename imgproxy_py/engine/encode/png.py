"""PNG: lossless, or quantized to a palette; then squeezed by oxipng."""

import oxipng
import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.strip.png import strip_png

# Above this target a palette is not safe without looking at the score: the worst of fourteen
# graphics had 79 at the quantizer's best.
PALETTE_UP_TO_TARGET = 78.0
# Quantizing 13 megapixels of a photograph took 11 seconds, and nothing can stop it.
PALETTE_MAX_PIXELS = 2_000_000
# oxipng level 2 costs 0.31 s of CPU per megapixel, level 1 0.13 s for 1 to 8 % more bytes.
_LEVEL = 2
_LARGE_LEVEL = 1
_LARGE_PIXELS = 4_000_000
_TWICE_BELOW_BYTES = 8_192


def encode_palette_png(brief: Brief, quality: int) -> bytes:
    """At most 256 colors, dithered; `quality` is the quantizer's."""
    data = quantized_png(brief, quality, keep=brief.keep)
    return squeeze(_plain(data, brief), pixels=brief.pixels)


def quantized_png(brief: Brief, quality: int, *, keep: int) -> bytes:
    """A palette PNG as libvips leaves it."""
    data: bytes = brief.still(allows_alpha=True).pngsave_buffer(
        palette=True, Q=quality, effort=7, dither=1.0, compression=6, keep=keep
    )
    return data


def encode_lossless_png(brief: Brief, _quality: int) -> bytes:
    """Every pixel as rendered, with 16 bits a channel where there are 16."""
    image = brief.still(allows_alpha=True, allows_deep=brief.is_exact)
    if brief.is_quick:
        quick: bytes = image.pngsave_buffer(compression=3, filter="up", keep=brief.keep)
        return quick
    data: bytes = image.pngsave_buffer(compression=1, keep=brief.keep)
    return squeeze(_plain(data, brief), pixels=brief.pixels, keeps_depth=_is_deep(image))


def _plain(data: bytes, brief: Brief) -> bytes:
    """Without the dots per inch that libvips always writes."""
    return strip_png(data, keeps_exif=brief.exif is not None)


def squeeze(data: bytes, *, pixels: int, keeps_depth: bool = False) -> bytes:
    """The same pixels in fewer bytes; the same bytes when oxipng cannot read or shrink them."""
    smaller = _squeeze_once(data, pixels=pixels, keeps_depth=keeps_depth)
    if len(smaller) <= _TWICE_BELOW_BYTES:
        # What the first pass did to the palette lets the second save up to a sixth of an icon.
        smaller = _squeeze_once(smaller, pixels=pixels, keeps_depth=keeps_depth)
    return smaller


def _squeeze_once(data: bytes, *, pixels: int, keeps_depth: bool) -> bytes:
    try:
        smaller = oxipng.optimize_from_memory(
            data,
            level=_LEVEL if pixels <= _LARGE_PIXELS else _LARGE_LEVEL,
            bit_depth_reduction=not keeps_depth,
            scale_16=False,
            interlace=oxipng.Interlacing.Off,
        )
    except oxipng.PngError:
        return data
    return min(bytes(smaller), data, key=len)


def _is_deep(image: pyvips.Image) -> bool:
    return bool(image.format == "ushort")
