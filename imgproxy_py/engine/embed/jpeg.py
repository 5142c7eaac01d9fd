"""EXIF in a JPEG: one APP1 segment behind the JFIF header (EXIF 2.32, 4.7.2; JFIF 1.02)."""

from imgproxy_py.engine.strip.jpeg import APP0, APP1, EXIF, segment, segments


def embed_jpeg(data: bytes, exif: bytes) -> bytes:
    """Both standards ask to stand first; decoders look for JFIF there, and for EXIF anywhere."""
    first: list[bytes] = []
    others: list[bytes] = []
    for marker, body, coded in segments(data):
        if marker == APP1 and body.startswith(EXIF):
            continue
        is_first = marker == APP0 and not others
        (first if is_first else others).extend((segment(marker, body), coded))
    return b"".join((b"\xff\xd8", *first, segment(APP1, EXIF + exif), *others, b"\xff\xd9"))
