"""A JPEG's own quality, read from its quantization tables.

Encoders scale a base table by a quality of 1..100 (IJG: libjpeg, jcparam.c). The base is usually
that of ITU-T T.81, annex K; ours is mozjpeg's number 2. Cameras bring tables of their own: they
get the quality at which annex K divides as coarsely on the whole.
"""

from functools import cache
from mmap import mmap

# Luma, in zigzag order, as they stand in a file of quality 50.
# fmt: off
_ANNEX_K = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35,
    37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109,
    81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
)
_MOZJPEG_2 = (
    12, 17, 18, 19, 20, 20, 21, 20, 20, 26, 31, 26, 21, 26, 30, 34, 28, 26, 26, 33, 40, 46, 35,
    36, 30, 33, 51, 56, 63, 61, 58, 46, 40, 46, 66, 68, 90, 76, 62, 46, 87, 69, 55, 55, 86, 96,
    81, 86, 90, 96, 102, 100, 100, 66, 73, 111, 121, 113, 102, 120, 91, 101, 105, 103,
)
# fmt: on
_DQT, _SOS = 0xDB, 0xDA


def jpeg_quality(data: bytes | mmap) -> int | None:
    """1..100, or None where no luma table can be found."""
    table = _luma_table(data)
    if table is None:
        return None
    for base in (_MOZJPEG_2, _ANNEX_K):
        exact = next((q for q, scaled in _scaled_tables(base).items() if scaled == table), None)
        if exact is not None:
            return exact
    wanted = sum(table)
    scaled_tables = _scaled_tables(_ANNEX_K)
    return min(scaled_tables, key=lambda quality: abs(sum(scaled_tables[quality]) - wanted))


def is_our_table(data: bytes | mmap) -> bool:
    """Whether the luma table is mozjpeg's number 2, which hardly anybody but us asks for."""
    return _luma_table(data) in _scaled_tables(_MOZJPEG_2).values()


@cache
def _scaled_tables(base: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    return {quality: _scaled(base, quality) for quality in range(100, 0, -1)}


def _scaled(base: tuple[int, ...], quality: int) -> tuple[int, ...]:
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(max((step * percent + 50) // 100, 1), 255) for step in base)


def _luma_table(data: bytes | mmap) -> tuple[int, ...] | None:
    """Table 0 of the first DQT segments (T.81, B.2.4.1)."""
    at = 2
    while len(head := data[at : at + 4]) == 4 and head[0] == 0xFF and head[1] != _SOS:
        length = int.from_bytes(head[2:4], "big")
        if head[1] == _DQT and (table := _table_zero(data[at + 4 : at + 2 + length])) is not None:
            return table
        at += 2 + max(length, 2)
    return None


def _table_zero(body: bytes) -> tuple[int, ...] | None:
    at = 0
    while at < len(body):
        width, number = (body[at] >> 4) + 1, body[at] & 15
        steps = body[at + 1 : at + 1 + 64 * width]
        if number == 0 and width <= 2 and len(steps) == 64 * width:
            pairs = range(0, len(steps), width)
            return tuple(int.from_bytes(steps[i : i + width], "big") for i in pairs)
        at += 1 + 64 * width
    return None
