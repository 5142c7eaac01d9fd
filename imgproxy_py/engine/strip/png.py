"""PNG without metadata: chunks that paint stay, the others go (PNG, third edition, section 11)."""

import struct
import zlib
from collections.abc import Iterator
from mmap import mmap

from imgproxy_py.engine.strip.exif import orientation_only
from imgproxy_py.engine.unstrippable import NotStrippableError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Pixels, transparency, colors, significant bits, and the frames of an animation.
_PAINTING = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT mDCV cLLI acTL fcTL fdAT".split()
)


def strip_png(data: bytes | mmap, *, orientation: int = 1) -> bytes:
    """Whatever stands behind IEND goes too."""
    parts = [SIGNATURE]
    for kind, _, whole in chunks(data):
        if kind in _PAINTING:
            parts.append(whole)
        elif kind == b"eXIf" and orientation != 1:
            parts.append(chunk(b"eXIf", orientation_only(orientation)))
    return b"".join(parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Length, type, body and checksum (section 5.3)."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(data: bytes | mmap) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Type, body and the chunk as it stands, up to IEND."""
    if data[:8] != SIGNATURE:
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
