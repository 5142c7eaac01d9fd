"""WebP without metadata: RIFF chunks are dropped (RFC 9649, section 2)."""

import struct
from collections.abc import Iterable, Iterator
from mmap import mmap

from imgproxy_py.engine.strip.exif import orientation_only
from imgproxy_py.engine.unstrippable import NotStrippableError

_FRAME_CHUNKS = frozenset((b"ALPH", b"VP8 ", b"VP8L"))
_PAINTING = _FRAME_CHUNKS | {b"ANIM", b"ICCP"}
EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
# Position, size, duration and flags of a frame stand before its chunks.
_FRAME_HEADER_BYTES = 16

Chunk = tuple[bytes, bytes]


def strip_webp(data: bytes | mmap, *, orientation: int = 1) -> bytes:
    """Keeps the ICC profile; sets the flags of VP8X to what is left."""
    kept: list[Chunk] = []
    for kind, body in chunks(data):
        if kind in _PAINTING or kind == b"VP8X":
            kept.append((kind, body))
        elif kind == b"ANMF":
            kept.append((kind, _frame(body)))
        elif kind == b"EXIF" and orientation != 1:
            kept.append((kind, orientation_only(orientation)))
    has_exif = any(kind == b"EXIF" for kind, _ in kept)
    return webp_of((kind, _flagged(kind, body, has_exif)) for kind, body in kept)


def webp_of(kept: Iterable[Chunk]) -> bytes:
    """A file of these chunks."""
    painted = b"".join(_chunk(kind, body) for kind, body in kept)
    return b"RIFF" + struct.pack("<I", len(painted) + 4) + b"WEBP" + painted


def chunks(data: bytes | mmap) -> Iterator[Chunk]:
    """The chunks of the first level."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise NotStrippableError("no WebP header")
    return _chunks(data, 12, 8 + int(struct.unpack_from("<I", data, 4)[0]))


def _flagged(kind: bytes, body: bytes, has_exif: bool) -> bytes:
    if kind != b"VP8X" or not body:
        return body
    flags = body[0] & ~(EXIF_FLAG | _XMP_FLAG)
    return bytes([flags | (EXIF_FLAG if has_exif else 0)]) + body[1:]


def _frame(body: bytes) -> bytes:
    """One frame of an animation, without chunks that are not its picture."""
    inner = _chunks(body, _FRAME_HEADER_BYTES, len(body))
    painted = (_chunk(kind, part) for kind, part in inner if kind in _FRAME_CHUNKS)
    return body[:_FRAME_HEADER_BYTES] + b"".join(painted)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _chunks(data: bytes | mmap, at: int, end: int) -> Iterator[Chunk]:
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
