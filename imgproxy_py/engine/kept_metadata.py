"""Metadata that the request wants kept: EXIF, made to say that the picture stands upright; ICC."""

import struct

import pyvips

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.loaders import LOADERS
from imgproxy_py.engine.source import SourceBytes

_PREFIX = b"Exif\0\0"
_ORIENTATION = 0x0112
_ENTRY_BYTES = 12


def kept_exif(source: SourceBytes, facts: SourceFacts) -> bytes | None:
    """A TIFF structure, or None where the source has none that can be read."""
    found = _field(source, facts, "exif-data")
    return None if found is None else upright(found.removeprefix(_PREFIX))


def kept_profile(source: SourceBytes, facts: SourceFacts) -> bytes | None:
    """The source's ICC profile as it stands."""
    return _field(source, facts, "icc-profile-data") if facts.has_icc else None


def _field(source: SourceBytes, facts: SourceFacts, name: str) -> bytes | None:
    if facts.format not in LOADERS:
        return None
    try:
        header = LOADERS[facts.format](source.vips_source())
        return bytes(header.get(name)) if header.get_typeof(name) else None
    except pyvips.Error:
        return None


def upright(exif: bytes) -> bytes | None:
    """The same structure with orientation 1, if it says any (TIFF 6.0, section 2)."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return None
    patched = bytearray(exif)
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(directory + 2, directory + 2 + count * _ENTRY_BYTES, _ENTRY_BYTES):
            if struct.unpack_from(f"{order}H", exif, entry) == (_ORIENTATION,):
                struct.pack_into(f"{order}H", patched, entry + 8, 1)
    except struct.error:
        return None
    return bytes(patched)
