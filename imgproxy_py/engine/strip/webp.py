"""WebP without metadata: RIFF chunks are dropped (RFC 9649, section 2)."""

import struct
from collections.abc import Iterator
from mmap import mmap

from imgproxy_py.engine.strip.exif import wanted_exif
from imgproxy_py.engine.unstrippable import NotStrippableError

_FRAME_CHUNKS = frozenset((b"ALPH", b"VP8 ", b"VP8L"))
_PAINTING = _FRAME_CHUNKS | {b"ANIM", b"ICCP"}
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
# Position, size, duration and flags of a frame stand before its chunks.
_FRAME_HEADER_BYTES = 16


def strip_webp(data: bytes | mmap, *, orientation: int = 1, keeps_exif: bool = False) -> bytes:
    """Keeps the ICC profile; sets the flags of VP8X to what is left."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise NotStrippableError("no WebP header")
    end = 8 + int(struct.unpack_from("<I", data, 4)[0])
    chunks: list[tuple[bytes, bytes]] = []
    for kind, body in _chunks(data, 12, end):
        if kind in _PAINTING or kind == b"VP8X":
            chunks.append((kind, body))
        elif kind == b"ANMF":
            chunks.append((kind, _frame(body)))
        elif kind == b"EXIF":
            exif = wanted_exif(body, orientation=orientation, keeps_exif=keeps_exif)
            chunks += [(kind, exif)] if exif is not None else []
    has_exif = any(kind == b"EXIF" for kind, _ in chunks)
    painted = b"".join(_chunk(kind, _flagged(kind, body, has_exif)) for kind, body in chunks)
    return b"RIFF" + struct.pack("<I", len(painted) + 4) + b"WEBP" + painted


def _flagged(kind: bytes, body: bytes, has_exif: bool) -> bytes:
    if kind != b"VP8X" or not body:
        return body
    flags = body[0] & ~(_EXIF_FLAG | _XMP_FLAG)
    return bytes([flags | (_EXIF_FLAG if has_exif else 0)]) + body[1:]


def _frame(body: bytes) -> bytes:
    """One frame of an animation, without chunks that are not its picture."""
    inner = _chunks(body, _FRAME_HEADER_BYTES, len(body))
    painted = (_chunk(kind, part) for kind, part in inner if kind in _FRAME_CHUNKS)
    return body[:_FRAME_HEADER_BYTES] + b"".join(painted)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _chunks(data: bytes | mmap, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while at < end:
        head = data[at : at + 8]
        if len(head) != 8:
            raise NotStrippableError("a chunk is cut")
        kind, length = struct.unpack("<4sI", head)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length or at + 8 + length > end:
            raise NotStrippableError("a chunk ends outside the file")
        yield kind, body
        at += 8 + length + length % 2
