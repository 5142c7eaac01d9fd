"""JPEG: quantized by ourselves, or by mozjpeg; small ones by Pillow, without trellis quantization.

Trellis quantization drops what costs more bits than it is worth. Ours knows of masking and has
tables that go with it (`jpeg_coding`); mozjpeg's is the better one on lines.
"""

import numpy as np

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.jpeg_coding.file import quantized_jpeg
from imgproxy_py.engine.pillow_jpeg import rescanned, write_jpeg
from imgproxy_py.engine.pixels import Pixels, array_of
from imgproxy_py.engine.quantization_tables import TABLES, TableName, trellised_table

# libvips calls them by mozjpeg's numbers.
_NUMBERS = {TableName.MOZJPEG_5: 5, TableName.MOZJPEG_8: 8}
# Below this, a baseline file is as small as a progressive one with searched scans (0.95..1.01 of
# its bytes at 64..320 pixels a side) and takes two thirds of the CPU.
PROGRESSIVE_FROM_PIXELS = 100_000
# Below this, trellis quantization saves some 300 bytes of 3 KB, less than a packet, and takes three
# quarters of the encoder's time (0.8 ms against 2.4 at 160x120).
TRELLIS_FROM_PIXELS = 25_000


def encode_jpeg(brief: Brief, quality: int) -> bytes:
    """4:2:0. Alpha is laid on the background; one frame; 8 bits."""
    return _written(brief, quality, table_for(brief))


def encode_masked_jpeg(brief: Brief, quality: int) -> bytes:
    """4:2:0 too, with more error where the picture masks it."""
    return _written(brief, quality, table_for(brief, is_masked=True))


def encode_full_chroma_jpeg(brief: Brief, quality: int) -> bytes:
    """4:4:4: thin lines of saturated color lose their color when chroma is halved."""
    table = table_for(brief, is_full_chroma=True)
    return _written(brief, quality, table, is_full_chroma=True)


def table_for(
    brief: Brief,
    *,
    is_masked: bool = False,
    is_full_chroma: bool = False,
) -> TableName:
    """Nothing masks an error beside a line, so drawings have no table of ours."""
    if brief.content.is_graphic or not (is_masked or is_full_chroma):
        return trellised_table(brief.target, is_graphic=brief.content.is_graphic)
    return TableName.FULL_CHROMA_MASKED if is_full_chroma else TableName.MASKED


def _written(
    brief: Brief, quality: int, table: TableName, *, is_full_chroma: bool = False
) -> bytes:
    if table not in _NUMBERS and brief.pixels >= TRELLIS_FROM_PIXELS:
        return _by_ourselves(brief, quality, table, is_full_chroma=is_full_chroma)
    if table not in _NUMBERS or _is_small(brief):
        written = _by_pillow(brief, quality, table, is_full_chroma=is_full_chroma)
        if written is not None:
            return _finished(written, brief)
    settings = jpeg_settings(brief, quality, is_full_chroma=is_full_chroma)
    data: bytes = brief.still(allows_alpha=False).jpegsave_buffer(**settings)
    return data if settings["interlace"] else _finished(data, brief)


def _by_ourselves(brief: Brief, quality: int, table: TableName, *, is_full_chroma: bool) -> bytes:
    """A quick candidate has the same pixels, and Huffman tables that fit no picture well."""
    written = quantized_jpeg(
        _pixels(brief),
        quality,
        table=TABLES[table],
        is_full_chroma=is_full_chroma,
        profile=brief.rendered.profile,
    )
    return written if brief.is_quick else rescanned(written)


def _is_small(brief: Brief) -> bool:
    """Where libvips would do without its trellis too: the start of its threads costs more than so
    few pixels."""
    return brief.pixels < TRELLIS_FROM_PIXELS and _plain_pixels(brief) is not None


def _by_pillow(
    brief: Brief, quality: int, table: TableName, *, is_full_chroma: bool
) -> bytes | None:
    return write_jpeg(
        _pixels(brief),
        quality,
        table=TABLES[table],
        is_full_chroma=is_full_chroma,
        profile=brief.rendered.profile,
    )


def _pixels(brief: Brief) -> Pixels:
    pixels = _plain_pixels(brief)
    return array_of(brief.still(allows_alpha=False)) if pixels is None else pixels


def _plain_pixels(brief: Brief) -> Pixels | None:
    """As they lie in memory, where nothing has to be done to them."""
    rendered = brief.rendered
    if rendered.pixels is None or rendered.has_alpha or rendered.frames > 1:
        return None
    rows = np.frombuffer(rendered.pixels, np.uint8)
    return rows.reshape(rendered.height, rendered.width, -1)


def _finished(baseline: bytes, brief: Brief) -> bytes:
    """In better scans, where they pay or nobody waits: then there is nothing left to squeeze when
    the result is fed back."""
    is_worth_it = brief.pixels >= PROGRESSIVE_FROM_PIXELS or brief.tier is Tier.SETTLED
    return rescanned(baseline) if is_worth_it and not brief.is_quick else baseline


def jpeg_settings(
    brief: Brief,
    quality: int,
    *,
    is_full_chroma: bool = False,
) -> dict[str, object]:
    """What libvips' JPEG saver is told (mozjpeg's switches, libvips 8.18)."""
    is_progressive = brief.pixels >= PROGRESSIVE_FROM_PIXELS and not brief.is_quick
    is_weighty = brief.pixels >= TRELLIS_FROM_PIXELS and not brief.is_quick
    return {
        "Q": quality,
        "quant_table": _NUMBERS[table_for(brief)],
        "subsample_mode": "off" if is_full_chroma else "on",
        "optimize_coding": True,
        "trellis_quant": is_weighty,
        "overshoot_deringing": is_weighty,
        "interlace": is_progressive,
        "optimize_scans": is_progressive,
        "keep": brief.keep,
    }
