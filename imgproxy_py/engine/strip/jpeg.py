"""JPEG without metadata: segments are dropped, the coded picture is not touched.

ITU-T T.81, B.1.1 (markers); ICC.1:2022, B.4 (profiles in APP2); Adobe TN 5116 (APP14).
"""

import re
import struct
from collections.abc import Iterator
from mmap import mmap

from imgproxy_py.engine.strip.exif import orientation_only
from imgproxy_py.engine.unstrippable import NotStrippableError

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
EXIF = b"Exif\0\0"
# In entropy-coded data FF is followed by a stuffed zero, a restart marker or fill.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def strip_jpeg(data: bytes | mmap, *, orientation: int = 1) -> bytes:
    """Keeps JFIF's density, the ICC profile, Adobe's color transform; ends at the first EOI.

    Second pictures behind the first (previews, gain maps) go with the rest.
    """
    parts = [b"\xff\xd8"]
    has_orientation = False
    for marker, body, coded in segments(data):
        if marker == APP1 and body.startswith(EXIF):
            if orientation != 1 and not has_orientation:
                parts.append(segment(APP1, EXIF + orientation_only(orientation)))
                has_orientation = True
        elif (kept := _kept(marker, body)) is not None:
            parts += (segment(marker, kept), coded)
    parts.append(b"\xff\xd9")
    return b"".join(parts)


def _kept(marker: int, body: bytes) -> bytes | None:
    """What stays of a segment. None drops it."""
    if marker == APP0:
        # Version, density and an empty thumbnail.
        return body[:12] + b"\0\0" if body.startswith(b"JFIF\0") and len(body) >= 14 else None
    if marker == _APP2:
        return body if body.startswith(b"ICC_PROFILE\0") else None
    if marker == _APP14:
        return body[:12] if body.startswith(b"Adobe") and len(body) >= 12 else None
    return None if APP0 <= marker <= _APP15 or marker == _COM else body


def segment(marker: int, body: bytes) -> bytes:
    """Marker, length and body (B.1.1.4)."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def segments(data: bytes | mmap) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, body, and the coded data behind a start of scan, up to the first EOI."""
    if data[:2] != b"\xff\xd8":
        raise NotStrippableError("no start of image")
    at = 2
    while (found := _NEXT_MARKER.match(data, _past_fill(data, at))) is not None:
        marker = found.group()[1]
        if marker == _EOI:
            return
        at = found.end()
        length = int.from_bytes(data[at : at + 2], "big")
        body = data[at + 2 : at + length]
        if length < 2 or len(body) != length - 2:
            raise NotStrippableError("a segment ends outside the file")
        at += length
        coded = b""
        if marker == _SOS:
            behind = _NEXT_MARKER.search(data, at)
            if behind is None:
                break
            coded = data[at : behind.start()]
            at = behind.start()
        yield marker, body, coded
    raise NotStrippableError("no end of image")


def _past_fill(data: bytes | mmap, at: int) -> int:
    """Any number of FF may stand before a marker (B.1.1.2)."""
    while data[at : at + 2] == b"\xff\xff":
        at += 1
    return at
