"""JPEG by mozjpeg: trellis quantization and its quantization table 2, the best of its eight."""

import numpy as np

from imgproxy_py.engine.encode.brief import KEEP_NONE, Brief
from imgproxy_py.engine.pillow_jpeg import write_jpeg

QUANTIZATION_TABLE = 2
# Below this, a baseline file is as small as a progressive one with searched scans (0.95..1.01 of
# its bytes at 64..320 pixels a side) and takes two thirds of the CPU.
PROGRESSIVE_FROM_PIXELS = 100_000
# Below this, trellis quantization saves some 300 bytes of 3 KB, less than a packet, and takes three
# quarters of the encoder's time (0.8 ms against 2.4 at 160x120).
TRELLIS_FROM_PIXELS = 25_000


def encode_jpeg(brief: Brief, quality: int) -> bytes:
    """4:2:0. Alpha is laid on the background; one frame; 8 bits."""
    return _encode(brief, quality, is_full_chroma=False)


def encode_full_chroma_jpeg(brief: Brief, quality: int) -> bytes:
    """4:4:4: thin lines of saturated color lose their color when chroma is halved."""
    return _encode(brief, quality, is_full_chroma=True)


def _encode(brief: Brief, quality: int, *, is_full_chroma: bool) -> bytes:
    small = _small(brief, quality, is_full_chroma=is_full_chroma)
    if small is not None:
        return small
    image = brief.still(allows_alpha=False)
    settings = jpeg_settings(brief, quality, is_full_chroma=is_full_chroma)
    data: bytes = image.jpegsave_buffer(**settings)
    return data


def _small(brief: Brief, quality: int, *, is_full_chroma: bool) -> bytes | None:
    """The same bytes without libvips' threads, whose start costs more than so few pixels."""
    rendered = brief.rendered
    is_plain = not rendered.has_alpha and rendered.frames == 1 and brief.keep == KEEP_NONE
    if rendered.pixels is None or not is_plain or brief.pixels >= TRELLIS_FROM_PIXELS:
        return None
    rows = np.frombuffer(rendered.pixels, np.uint8)
    rows = rows.reshape(rendered.height, rendered.width, -1)
    return write_jpeg(rows, quality, is_full_chroma=is_full_chroma)


def jpeg_settings(brief: Brief, quality: int, *, is_full_chroma: bool = False) -> dict[str, object]:
    """What libvips' JPEG saver is told (mozjpeg's switches, libvips 8.18)."""
    is_large = brief.pixels >= PROGRESSIVE_FROM_PIXELS and not brief.is_quick
    is_weighty = brief.pixels >= TRELLIS_FROM_PIXELS and not brief.is_quick
    return {
        "Q": quality,
        "quant_table": QUANTIZATION_TABLE,
        "subsample_mode": "off" if is_full_chroma else "on",
        "optimize_coding": True,
        "trellis_quant": is_weighty,
        "overshoot_deringing": is_weighty,
        "interlace": is_large,
        "optimize_scans": is_large,
        "keep": brief.keep,
    }
