"""AVIF by libaom; speed is what the tier and the size allow."""

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.job import Tier

# libvips' effort counts libaom's speed backwards: 0 is speed 9 (0.04 s of CPU per megapixel), 1 is
# speed 8 (0.10 s), 3 is speed 6 (0.31 s; 15 % fewer bytes than speed 8 at a score of 70).
_QUICK_EFFORT = 0
_EFFORTS = {Tier.LIVE: 1, Tier.SETTLED: 3}
# Speed 5: 3.5 % fewer bytes than speed 6 (1 to 6 %, 14 photographs of 500 pixels) for 3.3 times the
# CPU. Where nobody waits, and up to half a megapixel, that is a second or so.
_THOROUGH_EFFORT, _THOROUGH_UP_TO_PIXELS = 4, 500_000
# Beyond this one encoding at the tier's own speed takes too long for whoever waits.
LARGE_PIXELS = 8_000_000
# Ten bits save 4 % at a score of 70, 11 % at 80, 26 % at 90 and cost half as much CPU again;
# below 60 they save nothing.
_TEN_BITS_FROM_TARGET = 60.0


def encode_avif(brief: Brief, quality: int) -> bytes:
    """4:2:0; alpha is kept where it is used."""
    return _encode(brief, quality, is_full_chroma=False)


def encode_full_chroma_avif(brief: Brief, quality: int) -> bytes:
    """4:4:4, for drawings with thin colored lines and for the highest targets."""
    return _encode(brief, quality, is_full_chroma=True)


def _encode(brief: Brief, quality: int, *, is_full_chroma: bool) -> bytes:
    is_deep = brief.target >= _TEN_BITS_FROM_TARGET and not brief.is_quick
    data: bytes = brief.still(allows_alpha=True).heifsave_buffer(
        compression="av1",
        Q=quality,
        effort=_effort(brief),
        bitdepth=10 if is_deep else 8,
        subsample_mode="off" if is_full_chroma else "on",
        keep=brief.keep,
    )
    return data


def _effort(brief: Brief) -> int:
    is_hasty = brief.is_quick or (brief.tier is Tier.LIVE and brief.pixels > LARGE_PIXELS)
    if is_hasty:
        return _QUICK_EFFORT
    return _THOROUGH_EFFORT if is_thorough(brief) else _EFFORTS[brief.tier]


def is_thorough(brief: Brief) -> bool:
    """Whether AVIF takes all the time that pays."""
    return brief.tier is Tier.SETTLED and brief.pixels <= _THOROUGH_UP_TO_PIXELS


def encode_lossless_avif(brief: Brief, _quality: int) -> bytes:
    """Every pixel as rendered (4:4:4, RGB); usually larger than PNG, so only where asked for."""
    data: bytes = brief.still(allows_alpha=True).heifsave_buffer(
        compression="av1", lossless=True, effort=1, bitdepth=8, keep=brief.keep
    )
    return data
