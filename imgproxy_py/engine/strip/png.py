"""PNG without metadata: chunks that paint stay, the others go (PNG, third edition, section 11)."""

import struct
import zlib
from collections.abc import Iterator
from mmap import mmap

from imgproxy_py.engine.strip.exif import wanted_exif
from imgproxy_py.engine.unstrippable import NotStrippableError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Pixels, transparency, colors, significant bits, and the frames of an animation.
_PAINTING = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT mDCV cLLI acTL fcTL fdAT".split()
)


def strip_png(data: bytes | mmap, *, orientation: int = 1, keeps_exif: bool = False) -> bytes:
    """Whatever stands behind IEND goes too."""
    parts = [_SIGNATURE]
    for kind, body, whole in _chunks(data):
        if kind in _PAINTING:
            parts.append(whole)
        elif kind == b"eXIf":
            exif = wanted_exif(body, orientation=orientation, keeps_exif=keeps_exif)
            if exif is not None:
                parts.append(_chunk(b"eXIf", exif))
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(data: bytes | mmap) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Type, body and the chunk as it stands, up to IEND."""
    if data[:8] != _SIGNATURE:
        raise NotStrippableError("no PNG signature")
    at = 8
    while len(head := data[at : at + 8]) == 8:
        length, kind = struct.unpack(">I4s", head)
        whole = data[at : at + 12 + length]
        if len(whole) != 12 + length:
            break
        yield kind, whole[8:-4], whole
        if kind == b"IEND":
            return
        at += 12 + length
    raise NotStrippableError("no IEND")
