"""BMP headers (BITMAPCOREHEADER to BITMAPV5HEADER)."""

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers.reader import HeaderReader

_CORE_HEADER_BYTES = 12
_DEPTHS = frozenset({1, 2, 4, 8, 16, 24, 32})


def read_bmp(reader: HeaderReader) -> SourceFacts:
    """Facts of a BMP; a negative height means that rows run from the top."""
    header_bytes = int.from_bytes(reader.exactly(14, 4), "little")
    if header_bytes == _CORE_HEADER_BYTES:
        header = reader.exactly(18, 8)
        width, height = (int.from_bytes(header[at : at + 2], "little") for at in (0, 2))
        depth = int.from_bytes(header[6:8], "little")
    else:
        header = reader.exactly(18, 12)
        width, height = (
            int.from_bytes(header[at : at + 4], "little", signed=True) for at in (0, 4)
        )
        depth = int.from_bytes(header[10:12], "little")
    if width <= 0 or depth not in _DEPTHS or height == -(2**31):
        raise BrokenImage(
            f"the source image is damaged: a BMP of {width} columns, {height} rows, {depth} bits"
        )
    return SourceFacts(
        format=ImageFormat.BMP,
        width=width,
        height=abs(height),
        has_alpha=depth == 32,
        bands=4 if depth == 32 else 3,
        is_palette=depth <= 8,
        is_lossless=True,
    )
