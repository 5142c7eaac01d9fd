"""A baseline JPEG file whose coefficients are quantized here (ITU-T T.81, annexes A, B and F)."""

import struct

from imgproxy_py.engine.jpeg_coding.blocks import coefficients
from imgproxy_py.engine.jpeg_coding.entropy import (
    AC_COUNTS,
    AC_SYMBOLS,
    DC_COUNTS,
    DC_SYMBOLS,
    entropy_coded,
)
from imgproxy_py.engine.jpeg_coding.trellis import even_prices, masked_prices, quantized
from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.quantization_tables import QuantizationTable, Steps, scaled, zigzag

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOF0, _DHT, _SOS, _DQT, _APP2 = 0xC0, 0xC4, 0xDA, 0xDB, 0xE2
# ICC.1, annex B.4: a profile is cut into parts, each with its number and how many there are.
_ICC = b"ICC_PROFILE\0"
_MAX_PROFILE_PART = 65_533 - len(_ICC) - 2


def quantized_jpeg(
    pixels: Bytes,
    quality: int,
    *,
    table: QuantizationTable,
    is_full_chroma: bool = False,
    profile: bytes | None = None,
) -> bytes:
    """`pixels` are rows, columns, bands (1 or 3). The Huffman tables are those of annex K, a tenth
    larger than those that fit: to be rescanned (`pillow_jpeg`)."""
    tables = [zigzag(scaled(steps, quality)) for steps in (table.brightness, table.color)]
    levels = []
    for number, plane in enumerate(coefficients(pixels, is_full_chroma=is_full_chroma)):
        prices = even_prices(plane) if number else masked_prices(plane)
        levels.append(quantized(plane, tables[min(number, 1)], prices))
    rows, columns, bands = pixels.shape
    used = tables[: min(bands, 2)]
    return b"".join(
        (
            _SOI,
            *(_segment(_APP2, part) for part in _profile_parts(profile or b"")),
            _segment(_DQT, b"".join(_table(number, steps) for number, steps in enumerate(used))),
            _segment(_SOF0, _frame(rows, columns, bands, is_full_chroma=is_full_chroma)),
            _segment(_DHT, _huffman(0x00, DC_COUNTS, DC_SYMBOLS)),
            _segment(_DHT, _huffman(0x10, AC_COUNTS, AC_SYMBOLS)),
            _segment(_SOS, _scan(bands)),
            entropy_coded(levels),
            _EOI,
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _profile_parts(profile: bytes) -> list[bytes]:
    parts = [
        profile[at : at + _MAX_PROFILE_PART] for at in range(0, len(profile), _MAX_PROFILE_PART)
    ]
    return [_ICC + bytes((number, len(parts))) + part for number, part in enumerate(parts, 1)]


def _table(number: int, steps: Steps) -> bytes:
    """B.2.4.1, with 8 bits a step."""
    return bytes((number, *steps))


def _frame(rows: int, columns: int, bands: int, *, is_full_chroma: bool) -> bytes:
    """B.2.2: 8 bits; luma with table 0, chroma with table 1."""
    sampling = 0x11 if bands == 1 or is_full_chroma else 0x22
    components = [(1, sampling, 0), (2, 0x11, 1), (3, 0x11, 1)][:bands]
    return struct.pack(">BHHB", 8, rows, columns, bands) + b"".join(map(bytes, components))


def _huffman(name: int, counts: tuple[int, ...], symbols: bytes) -> bytes:
    """B.2.4.2."""
    return bytes((name, *counts)) + symbols


def _scan(bands: int) -> bytes:
    """B.2.3: every component with Huffman tables 0, all coefficients at once."""
    components = b"".join(bytes((number, 0x00)) for number in range(1, bands + 1))
    return bytes((bands,)) + components + bytes((0, 63, 0))
