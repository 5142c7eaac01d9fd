"""Where a file has its EXIF: the first block of it, found without trusting a single length."""

from collections.abc import Callable
from mmap import mmap

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.strip import jpeg, png, webp
from imgproxy_py.engine.strip.items import exif_extent
from imgproxy_py.engine.unstrippable import NotStrippableError

_PREFIX = b"Exif\0\0"
Data = bytes | mmap


def find_exif(data: Data, image_format: ImageFormat) -> Data | None:
    """A TIFF structure, not looked into; of a TIFF it is the file. None where there is none."""
    find = _FINDERS.get(image_format)
    if find is None:
        return None
    try:
        return find(data)
    except NotStrippableError:
        return None


def _in_jpeg(data: Data) -> Data | None:
    for marker, body, coded in jpeg.segments(data):
        if coded:
            return None
        if marker == jpeg.APP1 and body.startswith(jpeg.EXIF):
            return body[len(jpeg.EXIF) :]
    return None


def _in_png(data: Data) -> Data | None:
    return next((body for kind, body, _ in png.chunks(data) if kind == b"eXIf"), None)


def _in_webp(data: Data) -> Data | None:
    """Some writers repeat JPEG's prefix here."""
    found = next((body for kind, body in webp.chunks(data) if kind == b"EXIF"), None)
    return None if found is None else found.removeprefix(_PREFIX)


def _in_avif(data: Data) -> Data | None:
    """The item begins with the offset of its TIFF header (ISO/IEC 23008-12, annex A)."""
    found = exif_extent(data)
    if found is None:
        return None
    item = data[found.start : found.end]
    return item[4 + int.from_bytes(item[:4], "big") :]


def _in_tiff(data: Data) -> Data | None:
    """Not a BigTIFF, whose directories are of another shape."""
    return data if data[:4] in (b"II*\0", b"MM\0*") else None


_FINDERS: dict[ImageFormat, Callable[[Data], Data | None]] = {
    ImageFormat.JPEG: _in_jpeg,
    ImageFormat.PNG: _in_png,
    ImageFormat.WEBP: _in_webp,
    ImageFormat.AVIF: _in_avif,
    ImageFormat.TIFF: _in_tiff,
}
