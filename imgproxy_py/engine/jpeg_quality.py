"""A JPEG's own quality, read from its quantization tables.

Encoders scale a base table by a quality of 1..100 (IJG: libjpeg, jcparam.c). The base is usually
that of ITU-T T.81, annex K, whose numbers are those that everybody means. Ours are others: they get
the number at which the usual table scores as they do. Cameras bring tables of their own: they get
the quality at which annex K divides as coarsely on the whole.
"""

from functools import cache
from mmap import mmap

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.presets import JPEG_QUALITIES, USUAL_QUALITIES, interpolate, turned_about
from imgproxy_py.engine.quantization_tables import TABLES, Steps, TableName, scaled, zigzag

_DQT, _SOS = 0xDB, 0xDA


def jpeg_quality(data: bytes | mmap) -> int | None:
    """1..100, or None where no luma table can be found."""
    table = _luma_table(data)
    if table is None:
        return None
    for name, qualities in _known_tables().items():
        if table in qualities:
            return _usual_quality(name, qualities[table])
    wanted = sum(table)
    sums = {quality: sum(steps) for steps, quality in _known_tables()[TableName.ANNEX_K].items()}
    return min(sums, key=lambda quality: abs(sums[quality] - wanted))


def is_our_table(data: bytes | mmap) -> bool:
    """Whether the luma table is one of those that hardly anybody but us asks for."""
    table = _luma_table(data)
    return any(
        table in qualities for name, qualities in _known_tables().items() if TABLES[name].is_ours
    )


@cache
def _known_tables() -> dict[TableName, dict[Steps, int]]:
    """Luma in zigzag order, as it stands in a file, and the quality; the highest of equal ones."""
    return {
        name: {zigzag(scaled(table.brightness, quality)): quality for quality in range(1, 101)}
        for name, table in TABLES.items()
    }


def _usual_quality(name: TableName, quality: int) -> int:
    """On the scale that everybody means."""
    if name not in JPEG_QUALITIES:
        return quality
    score = interpolate(turned_about(JPEG_QUALITIES[name]), quality)
    return round(interpolate(USUAL_QUALITIES[ImageFormat.JPEG], score))


def _luma_table(data: bytes | mmap) -> Steps | None:
    """Table 0 of the first DQT segments (T.81, B.2.4.1)."""
    at = 2
    while len(head := data[at : at + 4]) == 4 and head[0] == 0xFF and head[1] != _SOS:
        length = int.from_bytes(head[2:4], "big")
        if head[1] == _DQT and (table := _table_zero(data[at + 4 : at + 2 + length])) is not None:
            return table
        at += 2 + max(length, 2)
    return None


def _table_zero(body: bytes) -> Steps | None:
    at = 0
    while at < len(body):
        width, number = (body[at] >> 4) + 1, body[at] & 15
        steps = body[at + 1 : at + 1 + 64 * width]
        if number == 0 and width <= 2 and len(steps) == 64 * width:
            pairs = range(0, len(steps), width)
            return tuple(int.from_bytes(steps[i : i + width], "big") for i in pairs)
        at += 1 + 64 * width
    return None
