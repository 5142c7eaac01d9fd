"""JPEG by mozjpeg: trellis quantization and its quantization table 2, the best of its eight."""

from imgproxy_py.engine.encode.brief import Brief

QUANTIZATION_TABLE = 2
# Below this, a baseline file is as small as a progressive one with searched scans (0.95..1.01 of
# its bytes at 64..320 pixels a side) and takes two thirds of the CPU.
PROGRESSIVE_FROM_PIXELS = 100_000
# Below this, trellis quantization saves some 300 bytes of 3 KB, less than a packet, and takes three
# quarters of the encoder's time (0.8 ms against 2.4 at 160x120).
TRELLIS_FROM_PIXELS = 25_000
# From here on 4:2:0 cannot reach the target on many pictures; 4:4:4 can.
FULL_CHROMA_FROM_TARGET = 90


def encode_jpeg(brief: Brief, quality: int) -> bytes:
    """Alpha is laid on the background; one frame; 8 bits."""
    image = brief.still(allows_alpha=False)
    data: bytes = image.jpegsave_buffer(**jpeg_settings(brief, quality))
    return data


def jpeg_settings(brief: Brief, quality: int) -> dict[str, object]:
    """What libvips' JPEG saver is told (mozjpeg's switches, libvips 8.18)."""
    is_large = brief.pixels >= PROGRESSIVE_FROM_PIXELS and not brief.is_quick
    is_weighty = brief.pixels >= TRELLIS_FROM_PIXELS and not brief.is_quick
    return {
        "Q": quality,
        "quant_table": QUANTIZATION_TABLE,
        "subsample_mode": "off" if needs_full_chroma(brief) else "on",
        "optimize_coding": True,
        "trellis_quant": is_weighty,
        "overshoot_deringing": is_weighty,
        "interlace": is_large,
        "optimize_scans": is_large,
        "keep": brief.keep,
    }


def needs_full_chroma(brief: Brief) -> bool:
    """Thin lines of saturated color lose their color when chroma is halved."""
    return brief.target >= FULL_CHROMA_FROM_TARGET or brief.content.has_sharp_chroma
