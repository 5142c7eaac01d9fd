"""An AVIF's own quality, from the base quantizer of its picture."""

from mmap import mmap

from imgproxy_py.engine.av1_header import UnusualHeaderError, base_quantizer_index
from imgproxy_py.engine.presets import interpolate
from imgproxy_py.engine.strip.boxes import boxes, extents, primary_item
from imgproxy_py.engine.unstrippable import NotStrippableError

# Sequence and frame header stand within the first bytes of the picture.
_HEADER_BYTES = 512
# (base_q_idx, quality) of libheif 1.23 with libaom 3.15; the same for every picture.
_QUALITIES: tuple[tuple[float, float], ...] = (
    (0, 100),
    (16, 95),
    (32, 90),
    (60, 80),
    (92, 70),
    (120, 60),
    (148, 50),
    (172, 40),
    (196, 30),
    (216, 20),
    (255, 1),
)


def av1_quality(data: bytes | mmap) -> float | None:
    """1..100 as libheif counts, or None for what is not a plain still picture."""
    try:
        return interpolate(_QUALITIES, base_quantizer_index(_picture(data)))
    except (NotStrippableError, UnusualHeaderError):
        return None


def _picture(data: bytes | mmap) -> bytes:
    """The beginning of the primary item's bytes."""
    top = {box.kind: box for box in boxes(data, 0, len(data))}
    if b"meta" not in top:
        raise NotStrippableError("no meta box")
    meta = top[b"meta"]
    inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    if b"pitm" not in inner or b"iloc" not in inner:
        raise NotStrippableError("no primary item")
    wanted = primary_item(data, inner[b"pitm"])
    idat = inner[b"idat"].start if b"idat" in inner else 0
    for item, start, length in extents(data, inner[b"iloc"], idat):
        if item == wanted:
            return data[start : start + min(length, _HEADER_BYTES)]
    raise NotStrippableError("the primary item has no bytes")
