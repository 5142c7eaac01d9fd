"""AVIF by libaom, 8 bits; speed is what its size allows."""

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.jpeg import needs_full_chroma

# Effort 1 is libaom's speed 8 (0.10 s of CPU per megapixel), 0 is speed 9 (0.04 s, 3..5 % more
# bytes at the same score). Slower ones (0.2 s and up) do not fit a request.
_EFFORT = 1
_LARGE_EFFORT = 0
LARGE_PIXELS = 8_000_000


def encode_avif(brief: Brief, quality: int) -> bytes:
    is_hasty = brief.is_quick or brief.pixels > LARGE_PIXELS
    data: bytes = brief.still(allows_alpha=True).heifsave_buffer(
        compression="av1",
        Q=quality,
        effort=_LARGE_EFFORT if is_hasty else _EFFORT,
        bitdepth=8,
        subsample_mode="off" if needs_full_chroma(brief) else "on",
        keep=brief.keep,
    )
    return data


def encode_lossless_avif(brief: Brief, _quality: int) -> bytes:
    """Every pixel as rendered (4:4:4, RGB); usually larger than PNG, so only where asked for."""
    data: bytes = brief.still(allows_alpha=True).heifsave_buffer(
        compression="av1", lossless=True, effort=_EFFORT, bitdepth=8, keep=brief.keep
    )
    return data
