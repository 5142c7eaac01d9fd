"""AVIF without metadata: the payloads of its Exif and XMP items are overwritten in place.

Moving bytes would mean rewriting every offset in the file, so lengths stay as they are.
ISO/IEC 14496-12, 8.11 (meta, iinf, iloc); HEIF, ISO/IEC 23008-12, annex A (Exif items).
"""

from mmap import mmap

from imgproxy_py.engine.strip.boxes import boxes, extents, item_kinds
from imgproxy_py.engine.unstrippable import NotStrippableError

_UNTIMED = (b"ftyp", b"meta", b"mdat", b"free", b"skip", b"uuid")
# An Exif item begins with the offset of its TIFF header; this one is a TIFF without any tag.
_EMPTY_EXIF = bytes(4) + b"MM\0*\0\0\0\x08" + bytes(6)


def strip_avif(data: bytes | mmap, *, keeps_exif: bool = False) -> bytes:
    """Orientation lives in the item properties (irot, imir) and stays, as does the profile."""
    clean = bytearray(data)
    top = list(boxes(data, 0, len(data)))
    if not top or top[0].kind != b"ftyp" or any(box.kind not in _UNTIMED for box in top):
        raise NotStrippableError("not a still AVIF")
    for box in top:
        if box.kind in (b"free", b"skip", b"uuid"):
            clean[box.start : box.end] = bytes(box.end - box.start)
    meta = next((box for box in top if box.kind == b"meta"), None)
    if meta is None:
        raise NotStrippableError("no meta box")
    inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    if b"iinf" not in inner or b"iloc" not in inner:
        raise NotStrippableError("no items")
    kinds = item_kinds(data, inner[b"iinf"])
    idat = inner.get(b"idat")
    for item, start, length in extents(data, inner[b"iloc"], idat.start if idat else 0):
        _overwrite(clean, kinds.get(item), start, length, keeps_exif)
    return bytes(clean)


def _overwrite(
    clean: bytearray, kind: bytes | None, start: int, length: int, keeps_exif: bool
) -> None:
    if kind == b"mime":
        clean[start : start + length] = b" " * length
    elif kind == b"Exif" and not keeps_exif:
        clean[start : start + length] = _EMPTY_EXIF[:length].ljust(length, b"\0")
