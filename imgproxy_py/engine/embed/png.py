"""EXIF in a PNG: one eXIf chunk before the pixels (PNG, third edition, 11.3.4.5)."""

from imgproxy_py.engine.strip.png import SIGNATURE, chunk, chunks
from imgproxy_py.engine.unstrippable import NotStrippableError


def embed_png(data: bytes, exif: bytes) -> bytes:
    """Behind the header, where whoever reads from the start finds it at once."""
    kept = [(kind, whole) for kind, _, whole in chunks(data) if kind != b"eXIf"]
    if kept[0][0] != b"IHDR":
        raise NotStrippableError("no header where it should be")
    (_, header), *others = kept
    return b"".join([SIGNATURE, header, chunk(b"eXIf", exif), *(whole for _, whole in others)])
