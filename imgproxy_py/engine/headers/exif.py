"""EXIF orientation, read without trusting a single length in the block (EXIF 2.32, 4.6)."""

from typing import Literal

_Order = Literal["little", "big"]

_ORIENTATION_TAG = 0x0112
_SHORT = 3
# A first directory has a few dozen entries; 65535 are only ever claimed by an attack.
_MAX_ENTRIES = 512


def orientation(block: bytes) -> int:
    """The orientation 1..8 that a TIFF block states; 1 when it is absent or not a legal value."""
    order = _byte_order(block)
    if order is None:
        return 1
    directory = int.from_bytes(block[4:8], order)
    count = int.from_bytes(block[directory : directory + 2], order)
    for index in range(min(count, _MAX_ENTRIES)):
        at = directory + 2 + 12 * index
        entry = block[at : at + 12]
        if len(entry) < 12:
            break
        if int.from_bytes(entry[:2], order) == _ORIENTATION_TAG:
            return _legal(entry, order)
    return 1


def _byte_order(block: bytes) -> _Order | None:
    if block[:2] == b"II":
        return "little"
    return "big" if block[:2] == b"MM" else None


def _legal(entry: bytes, order: _Order) -> int:
    value = int.from_bytes(entry[8:10], order)
    is_short = int.from_bytes(entry[2:4], order) == _SHORT
    return value if is_short and 1 <= value <= 8 else 1
