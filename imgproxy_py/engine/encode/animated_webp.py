"""Animated WebP, lossy and lossless, and which of the two a few frames speak for."""

from dataclasses import replace

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import expected_bytes
from imgproxy_py.engine.job import Tier

# Effort 4 costs twice the CPU of 2 and saves 4 to 10 % of the bytes; 0 costs 10 to 45 % more
# bytes. libwebp's `minimize_size` took fifty times as long for less than 10 %.
_EFFORTS = {Tier.LIVE: 2, Tier.SETTLED: 4}
_QUICK_EFFORT = 0
# Up to so many pixels of all frames effort 4 takes less than half a second.
_CAREFUL_UP_TO_PIXELS = 3_000_000
# Lossless effort 4 saves at most 6 % more and takes up to three times as long; 0 takes a third to a
# sixth of the time and a quarter more bytes.
_LOSSLESS_EFFORT = 2


def encode_animated_webp(brief: Brief, quality: int) -> bytes:
    """All frames, lossy: 4:2:0, 8 bits, with alpha. Equal neighbors are joined."""
    data: bytes = brief.animation(allows_alpha=True).webpsave_buffer(
        Q=quality, effort=_effort(brief), keep=brief.keep
    )
    return data


def encode_lossless_animated_webp(brief: Brief) -> bytes:
    """Every visible pixel of every frame; the invisible ones too when the brief says exact."""
    data: bytes = brief.animation(allows_alpha=True).webpsave_buffer(
        lossless=True,
        exact=brief.is_exact,
        effort=_QUICK_EFFORT if brief.is_quick else _LOSSLESS_EFFORT,
        keep=brief.keep,
    )
    return data


def lossless_ratio(brief: Brief, quality: int) -> float:
    """Bytes of the lossless file for one byte of the lossy one of `quality`, by an excerpt.

    Recordings of screens lie near 1 and photographs above 3. The excerpt errs by up to 1.4 times,
    so between 0.7 and 1.4 both are worth trying. Haste makes both a fifth to a quarter larger.
    """
    quick = replace(brief, is_quick=True)
    lossless = expected_bytes(quick, encode_lossless_animated_webp)
    return lossless / expected_bytes(quick, lambda part: encode_animated_webp(part, quality))


def _effort(brief: Brief) -> int:
    if brief.is_quick:
        return _QUICK_EFFORT
    is_small = brief.pixels <= _CAREFUL_UP_TO_PIXELS
    return _EFFORTS[Tier.SETTLED if is_small else brief.tier]
