"""Which format a source is, by its first bytes and by nothing else.

Only what this table names is ever given to a decoder: a name or a Content-Type that lies
(`mvg_renamed.jpg`, `pdf_renamed.png`) reaches no other loader.
"""

import codecs
import re

from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.formats import ImageFormat

# Long license comments stand in front of <svg> in real files.
SVG_HEAD_BYTES = 65_536

_MAGIC: tuple[tuple[bytes, ImageFormat], ...] = (
    (b"\xff\xd8\xff", ImageFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", ImageFormat.PNG),
    (b"GIF87a", ImageFormat.GIF),
    (b"GIF89a", ImageFormat.GIF),
    (b"II*\x00", ImageFormat.TIFF),
    (b"MM\x00*", ImageFormat.TIFF),
)

# Names for what we recognize and don't read, so that the message can say it.
_KNOWN_BUT_UNREAD: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "compressed data (an SVGZ has to be unpacked first)"),
    (b"%PDF", "a PDF document"),
    (b"%!", "a PostScript document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"<!DOCTYPE html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"{", "JSON text"),
)

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_BMP_HEADER_BYTES = frozenset({12, 40, 52, 56, 64, 108, 124})

# XML declaration, comments and a document type may stand before the root element (XML 1.0, 2.8).
_SVG_START = re.compile(
    r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE\s[^\[>]*(?:\[.*?\]\s*)?>\s*)*<(?:[\w.-]+:)?svg[\s>/]",
    re.DOTALL,
)


def sniff(head: bytes) -> ImageFormat:
    """The format of a source that begins with `head`; raises NotAnImage."""
    for magic, image_format in _MAGIC:
        if head.startswith(magic):
            return image_format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if _is_avif(head):
        return ImageFormat.AVIF
    if _is_bmp(head):
        return ImageFormat.BMP
    if is_svg(head):
        return ImageFormat.SVG
    raise NotAnImage(_refusal(head))


def may_be_long_svg(head: bytes) -> bool:
    """True when markup begins but its root element is not in sight yet: look further."""
    text = svg_text(head)
    return text.lstrip().startswith(("<?xml", "<!--", "<!DOCTYPE")) or not text.strip()


def is_svg(head: bytes) -> bool:
    return _SVG_START.match(svg_text(head)) is not None


def svg_text(data: bytes) -> str:
    """Markup as text, by its byte order mark or by how its first `<` is written (XML 1.0, F)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if data.startswith(b"<\x00"):
        return data.decode("utf-16-le", "replace")
    if data.startswith(b"\x00<"):
        return data.decode("utf-16-be", "replace")
    return data.decode("utf-8-sig", "replace")


def _is_avif(head: bytes) -> bool:
    """An ISO base media file whose brands name AVIF (AV1 Image File Format 1.1, section 6)."""
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, end, 4)}
    return not brands.isdisjoint(_AVIF_BRANDS)


def _is_bmp(head: bytes) -> bool:
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES


def _refusal(head: bytes) -> str:
    if not head:
        return "the source is empty"
    start = head.lstrip()
    for magic, name in _KNOWN_BUT_UNREAD:
        if start[: len(magic)].lower() == magic.lower():
            return f"the source is {name}, not an image that this server reads"
    if head[4:8] == b"ftyp":
        return "the source is a video or a HEIC picture, not an image that this server reads"
    return "the source is not a JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP or SVG image"
