"""EXIF in a WebP: a chunk behind the picture, announced in the VP8X header (RFC 9649, 2.7)."""

from imgproxy_py.engine.strip.webp import EXIF_FLAG, Chunk, chunks, webp_of
from imgproxy_py.engine.unstrippable import NotStrippableError

_ALPHA_FLAG = 0x10
_HEADER_BYTES = 10


def embed_webp(data: bytes, exif: bytes) -> bytes:
    """A simple file becomes an extended one."""
    kept = [(kind, bytes(body)) for kind, body in chunks(data) if kind != b"EXIF"]
    if not kept or kept[0][0] != b"VP8X":
        kept = [(b"VP8X", _header(kept)), *kept]
    header = kept[0][1]
    if len(header) < _HEADER_BYTES:
        raise NotStrippableError("a header that is cut")
    announced = (b"VP8X", bytes([header[0] | EXIF_FLAG]) + header[1:])
    return webp_of([announced, *kept[1:], (b"EXIF", exif)])


def _header(kept: list[Chunk]) -> bytes:
    """Flags, three reserved bytes, width and height less one in 24 bits each (2.7.1)."""
    kind, body = kept[0] if kept else (b"", b"")
    if kind == b"VP8 " and len(body) >= 10:  # RFC 6386, 9.1: 14 bits each
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return _sized(0, width - 1, height - 1)
    if kind == b"VP8L" and len(body) >= 5:  # RFC 9649, 3.4: 14 bits each, less one; alpha is used
        packed = int.from_bytes(body[1:5], "little")
        flags = _ALPHA_FLAG if packed >> 28 & 1 else 0
        return _sized(flags, packed & 0x3FFF, packed >> 14 & 0x3FFF)
    raise NotStrippableError("no picture where it should be")


def _sized(flags: int, width: int, height: int) -> bytes:
    if min(width, height) < 0:
        raise NotStrippableError("a picture without pixels")
    return bytes([flags, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")
