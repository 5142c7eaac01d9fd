"""The one thing of EXIF that changes how a picture looks: its orientation (EXIF 2.32, 0x0112)."""

import struct

_BIG_ENDIAN_TIFF = b"MM\0*\0\0\0\x08"
_ORIENTATION = 0x0112
_SHORT = 3


def orientation_only(orientation: int) -> bytes:
    """A TIFF structure of 26 bytes that says `orientation` (1..8) and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, orientation, 0)
    return _BIG_ENDIAN_TIFF + struct.pack(">H", 1) + entry + bytes(4)
