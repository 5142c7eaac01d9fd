"""WebP, lossy and lossless, still and animated."""

from dataclasses import replace

import pyvips

from imgproxy_py.engine.encode.brief import KEEP_NONE, Brief
from imgproxy_py.engine.encode.png import quantized_png

# Effort 4: 3 % fewer bytes than 2 at a score of 70, 12 % at 80, for twice the CPU (78 ms/MP).
_EFFORT = 4
# Lossless effort 2 is as small as 4 and 6 (within 1 %); below it is twice as large.
_LOSSLESS_EFFORT = 2
# Many frames: effort 4 costs 1.4 to 1.7 times as much for 0 to 4 % of the bytes.
_ANIMATION_EFFORT = 2
_ANIMATION_CAREFUL_FROM_TARGET = 80.0


def encode_webp(brief: Brief, quality: int) -> bytes:
    """All frames where there are several. 4:2:0, 8 bits."""
    if brief.rendered.frames > 1:
        is_careful = brief.target >= _ANIMATION_CAREFUL_FROM_TARGET
        effort = _EFFORT if is_careful else _ANIMATION_EFFORT
        image = brief.animation(allows_alpha=True)
    else:
        effort = _EFFORT
        image = brief.still(allows_alpha=True)
    data: bytes = image.webpsave_buffer(
        Q=quality, effort=0 if brief.is_quick else effort, keep=brief.keep
    )
    return data


def encode_lossless_webp(brief: Brief, _quality: int) -> bytes:
    """Every visible pixel as rendered; the invisible ones too when the brief says exact."""
    is_animated = brief.rendered.frames > 1
    image = brief.animation(allows_alpha=True) if is_animated else brief.still(allows_alpha=True)
    data: bytes = image.webpsave_buffer(
        lossless=True,
        exact=brief.is_exact,
        effort=_LOSSLESS_EFFORT,
        keep=brief.keep,
    )
    return data


def encode_palette_webp(brief: Brief, quality: int) -> bytes:
    """At most 256 colors, dithered: 5 to 40 % smaller than the same palette as a squeezed PNG."""
    quantized = pyvips.Image.new_from_buffer(quantized_png(brief, quality, keep=KEEP_NONE), "")
    rendered = replace(brief.rendered, image=quantized.copy_memory(), frames=1)
    return encode_lossless_webp(replace(brief, rendered=rendered), quality)
