"""PNG: lossless, or quantized to a palette; then squeezed by oxipng."""

import oxipng
import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.strip.png import strip_png

# The quantizer's best has a median score of 95 on drawings and 82 on photographs.
PALETTE_UP_TO_TARGET = 92.0
# Quantizing takes 0.1 to 0.2 s of CPU per megapixel of a drawing, 1 to 3 s of a photograph, and
# nothing can stop it.
PALETTE_MAX_PIXELS = 2_000_000
# oxipng's levels in CPU per megapixel of a drawing: 1 takes 0.13 s and leaves 1 to 8 % more bytes
# than 2 with its 0.31 s; 4 takes six times as long for 1 to 6 % fewer bytes, on a few for 1 % more.
_LEVEL = 2
_LARGE_LEVEL = 1
_LARGE_PIXELS = 4_000_000
_SETTLED_LEVEL = 4
_SETTLED_MAX_PIXELS = 8_000_000
_TWICE_BELOW_BYTES = 8_192


def encode_palette_png(brief: Brief, quality: int) -> bytes:
    """At most 256 colors, dithered; `quality` as in `quantizer_quality`.

    Dithering spends bytes on grain. At equal score that is rarely worth it (0..30 % more bytes),
    but on soft gradients it reaches scores that flat colors cannot.
    """
    return _squeezed_palette(brief, quantized_png(brief, quality, dither=1.0))


def encode_flat_palette_png(brief: Brief, quality: int) -> bytes:
    """The same without dithering: flat areas stay flat, gradients become steps."""
    return _squeezed_palette(brief, quantized_png(brief, quality, dither=0.0))


def _squeezed_palette(brief: Brief, quantized: bytes) -> bytes:
    """A quick one has the same pixels, so its score is already the final one."""
    data = _plain(quantized, brief)
    return data if brief.is_quick else squeeze(data, pixels=brief.pixels, tier=brief.tier)


def quantized_png(brief: Brief, quality: int, *, dither: float) -> bytes:
    """A palette PNG as libvips leaves it: as many colors as the quality needs, 256 at most."""
    data: bytes = brief.still(allows_alpha=True).pngsave_buffer(
        palette=True,
        Q=quantizer_quality(quality),
        effort=7,
        dither=dither,
        compression=6,
        keep=brief.keep,
    )
    return data


def quantizer_quality(quality: int) -> int:
    """Our 1..100 as libimagequant's 1..100, logarithmic: 50 is its 10, 85 its 50.

    Its own scale is an error bound; half of what drawings need (scores of 50 to 77) lies below
    its 10. On ours a point of score is about two steps, from 50 up to 90.

    >>> [quantizer_quality(quality) for quality in (1, 25, 50, 75, 100)]
    [1, 3, 10, 32, 100]
    """
    return max(round(10 ** (quality / 50)), 1)


def encode_lossless_png(brief: Brief, _quality: int) -> bytes:
    """Every pixel as rendered, with 16 bits a channel where there are 16."""
    image = brief.still(allows_alpha=True, allows_deep=brief.is_exact)
    if brief.is_quick:
        quick: bytes = image.pngsave_buffer(compression=3, filter="up", keep=brief.keep)
        return quick
    data: bytes = image.pngsave_buffer(compression=1, keep=brief.keep)
    return squeeze(
        _plain(data, brief),
        pixels=brief.pixels,
        keeps_depth=_is_deep(image),
        keeps_invisible=brief.is_exact,
        tier=brief.tier,
    )


def _plain(data: bytes, brief: Brief) -> bytes:
    """Without the dots per inch that libvips always writes."""
    return strip_png(data)


def squeeze(
    data: bytes,
    *,
    pixels: int,
    keeps_depth: bool = False,
    keeps_invisible: bool = True,
    tier: Tier = Tier.LIVE,
) -> bytes:
    """The same pixels in fewer bytes; the same bytes when oxipng cannot read or shrink them.

    Without `keeps_invisible`, pixels of no opacity take whatever color packs best: up to 11 % of
    an icon.
    """

    def once(data: bytes, level: int) -> bytes:
        try:
            smaller = oxipng.optimize_from_memory(
                data,
                level=level,
                bit_depth_reduction=not keeps_depth,
                optimize_alpha=not keeps_invisible,
                scale_16=False,
                interlace=oxipng.Interlacing.Off,
            )
        except oxipng.PngError:
            return data
        return min(bytes(smaller), data, key=len)

    for level in _levels(pixels, tier):
        data = once(data, level)
    if len(data) <= _TWICE_BELOW_BYTES:
        # What the first pass did to the palette lets the second save up to a sixth of an icon.
        data = once(data, _LEVEL)
    return data


def _levels(pixels: int, tier: Tier) -> tuple[int, ...]:
    """A settled result goes through the live level first, so that it is never the larger."""
    live = _LEVEL if pixels <= _LARGE_PIXELS else _LARGE_LEVEL
    if tier is Tier.LIVE:
        return (live,)
    return (live, _SETTLED_LEVEL if pixels <= _SETTLED_MAX_PIXELS else _LEVEL)


def _is_deep(image: pyvips.Image) -> bool:
    return bool(image.format == "ushort")
