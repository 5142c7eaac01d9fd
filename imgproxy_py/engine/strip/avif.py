"""AVIF without metadata: the payloads of its Exif and XMP items are overwritten in place.

Moving bytes would mean rewriting every offset in the file, so lengths stay as they are.
ISO/IEC 14496-12, 8.11 (meta, iinf, iloc); HEIF, ISO/IEC 23008-12, annex A (Exif items).
"""

from mmap import mmap

from imgproxy_py.engine.strip.boxes import boxes
from imgproxy_py.engine.strip.items import item_extents
from imgproxy_py.engine.unstrippable import NotStrippableError

_UNTIMED = (b"ftyp", b"meta", b"mdat", b"free", b"skip", b"uuid")
# An Exif item begins with the offset of its TIFF header; this one is a TIFF without any tag.
_EMPTY_EXIF = bytes(4) + b"MM\0*\0\0\0\x08" + bytes(6)


def strip_avif(data: bytes | mmap) -> bytes:
    """Orientation lives in the item properties (irot, imir) and stays, as does the profile."""
    clean = bytearray(data)
    top = list(boxes(data, 0, len(data)))
    if not top or top[0].kind != b"ftyp" or any(box.kind not in _UNTIMED for box in top):
        raise NotStrippableError("not a still AVIF")
    for box in top:
        if box.kind in (b"free", b"skip", b"uuid"):
            clean[box.start : box.end] = bytes(box.end - box.start)
    for extent in item_extents(data):
        length = extent.end - extent.start
        if extent.kind == b"mime":
            clean[extent.start : extent.end] = b" " * length
        elif extent.kind == b"Exif":
            clean[extent.start : extent.end] = _EMPTY_EXIF[:length].ljust(length, b"\0")
    return bytes(clean)
