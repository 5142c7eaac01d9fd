"""WebP, lossy and lossless, still and animated."""

import pyvips

from imgproxy_py.engine.encode.animated_webp import (
    encode_animated_webp,
    encode_lossless_animated_webp,
)
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.png import quantized_png
from imgproxy_py.engine.job import Tier

# Effort 4: 3 % fewer bytes than 2 at a score of 70, 12 % at 80, for twice the CPU (78 ms/MP).
_EFFORT = 4
# Effort 6 with carefully halved chroma saves another 5 % for three times the CPU.
_THOROUGH_EFFORT, _THOROUGH_ALPHA_EFFORT = 6, 5
# Lossless efforts as (libwebp's method, its lossless quality); below method 2 files are a fifth to
# six times as large. Method 4 saves 2 % on palettes for a fifth more CPU, and 0 to 5 % on other
# pictures for one to four times as much.
_LOSSLESS = (2, 75)
_PALETTE = (4, 75)
# Method 6 saves up to 12 % where there are many colors and loses up to 6 % on icons.
_THOROUGH = (6, 75)
_THOROUGH_MAX_PIXELS = 8_000_000
# At quality 100 method 6 tries every transform: 3 to 10 % smaller for 10 to 30 s per megapixel.
_EXHAUSTIVE = (6, 100)
_EXHAUSTIVE_MAX_PIXELS = 100_000


def encode_webp(brief: Brief, quality: int) -> bytes:
    """All frames where there are several. 4:2:0, 8 bits."""
    if brief.rendered.frames > 1:
        return encode_animated_webp(brief, quality)
    image = brief.still(allows_alpha=True)
    is_thorough = brief.tier is Tier.SETTLED and not brief.is_quick
    # At effort 6 the alpha plane takes 40 to 50 s of CPU per megapixel for 1 to 4 % of the bytes.
    thorough = _THOROUGH_ALPHA_EFFORT if image.hasalpha() else _THOROUGH_EFFORT
    data: bytes = image.webpsave_buffer(
        Q=quality,
        effort=0 if brief.is_quick else thorough if is_thorough else _EFFORT,
        smart_subsample=is_thorough,
        keep=brief.keep,
    )
    return data


def encode_lossless_webp(brief: Brief, _quality: int) -> bytes:
    """Every visible pixel as rendered; the invisible ones too when the brief says exact."""
    if brief.rendered.frames > 1:
        return encode_lossless_animated_webp(brief)
    return _smallest_lossless(brief.still(allows_alpha=True), brief, _LOSSLESS)


def encode_palette_webp(brief: Brief, quality: int) -> bytes:
    """At most 256 colors, dithered: up to 30 % smaller than the same palette as a squeezed PNG."""
    return _palette_webp(brief, quality, dither=1.0)


def encode_flat_palette_webp(brief: Brief, quality: int) -> bytes:
    """The same without dithering."""
    return _palette_webp(brief, quality, dither=0.0)


def encode_near_lossless_webp(brief: Brief, quality: int) -> bytes:
    """Lossless coding of pixels that moved a little where their neighbors differ anyway.

    libwebp knows five levels, at 0, 20, 40, 60 and 80; over the corpus they score 82, 89, 93, 95
    and above. A picture of at most 256 colors is not moved at all.
    """
    data: bytes = brief.still(allows_alpha=True).webpsave_buffer(
        near_lossless=True,
        Q=min(quality, 80) // 20 * 20,
        effort=_LOSSLESS[0],
        keep=brief.keep,
    )
    return data


def _palette_webp(brief: Brief, quality: int, *, dither: float) -> bytes:
    quantized = pyvips.Image.new_from_buffer(quantized_png(brief, quality, dither=dither), "")
    return _smallest_lossless(quantized.copy_memory(), brief, _PALETTE)


def _smallest_lossless(image: pyvips.Image, brief: Brief, live: tuple[int, int]) -> bytes:
    """A settled result tries the live effort too, so that it is never the larger."""
    efforts = {live}
    if brief.tier is Tier.SETTLED and not brief.is_quick:
        efforts |= {_THOROUGH} if brief.pixels <= _THOROUGH_MAX_PIXELS else set()
        efforts |= {_EXHAUSTIVE} if brief.pixels <= _EXHAUSTIVE_MAX_PIXELS else set()
    candidates: list[bytes] = [
        image.webpsave_buffer(
            lossless=True, Q=quality, exact=brief.is_exact, effort=method, keep=brief.keep
        )
        for method, quality in sorted(efforts)
    ]
    return min(candidates, key=len)
