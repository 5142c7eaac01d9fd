"""EXIF's structure, read without trusting a number in it (TIFF 6.0, section 2; EXIF 2.32, 4.6).

A byte order, then directories of twelve-byte entries. A value of up to four bytes stands in its
entry, a longer one elsewhere; three entries of known tags lead to further directories.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

# What one JPEG segment holds behind its name (ITU-T T.81, B.1.1.4): nothing longer travels.
MAX_EXIF_BYTES = 65_535 - 2 - len(b"Exif\0\0")
# Real directories have a few dozen entries; 65535 are only ever claimed by an attack.
_MAX_ENTRIES = 512
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
# Bytes of one value by type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG,
# SRATIONAL, FLOAT, DOUBLE, IFD (TIFF technical note 1), UTF-8 (EXIF 3.0).
_TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    129: 1,
}
HEADER_BYTES, ENTRY_BYTES, INLINE_BYTES = 8, 12, 4


class ExifError(ValueError):
    """The structure contradicts itself or its bounds; its picture may be whole all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tag. `place` is the offset of its entry, `start` that of its `size` bytes of value."""

    tag: int
    kind: int
    count: int
    place: int
    start: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory at offset `start`, `end` being behind its pointer to the next one."""

    start: int
    end: int
    entries: tuple[Entry, ...]

    def entry(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


class Structure:
    """Reads directories of `data`, a TIFF structure from its first byte on. Raises ExifError."""

    def __init__(self, data: bytes | mmap) -> None:
        order = _ORDERS.get(data[:4])
        if order is None or len(data) < HEADER_BYTES:
            raise ExifError("no byte order")
        self.data = data
        self.order = order

    def first_directory(self) -> Directory:
        """IFD0: what is said of the whole picture."""
        return self.directory(self.number("I", 4))

    def linked_directory(self, directory: Directory, tag: int) -> Directory | None:
        """The directory that the LONG of `tag` points to; None where there is no such tag."""
        link = directory.entry(tag)
        if link is None:
            return None
        if (link.size, link.count) != (4, 1):
            raise ExifError("a pointer to a directory that is no offset")
        return self.directory(self.number("I", link.start))

    def directory(self, start: int) -> Directory:
        count = self.number("H", start)
        end = start + 2 + count * ENTRY_BYTES + 4
        # Some writers leave out the pointer to the next directory where there is none.
        if start < HEADER_BYTES or count > _MAX_ENTRIES or end - 4 > len(self.data):
            raise ExifError("a directory outside the file")
        return Directory(start=start, end=min(end, len(self.data)), entries=self._entries(start))

    def value(self, entry: Entry) -> bytes:
        """The bytes of one value, in the structure's own byte order."""
        if entry.start + entry.size > len(self.data):
            raise ExifError("a value outside the file")
        return bytes(self.data[entry.start : entry.start + entry.size])

    def number(self, kind: str, at: int) -> int:
        """The SHORT (`H`) or LONG (`I`) at an offset."""
        try:
            (number,) = struct.unpack_from(self.order + kind, self.data, at)
        except struct.error as error:
            raise ExifError("an offset outside the file") from error
        return int(number)

    def _entries(self, start: int) -> tuple[Entry, ...]:
        return tuple(self._each_entry(start + 2, self.number("H", start)))

    def _each_entry(self, at: int, count: int) -> Iterator[Entry]:
        for place in range(at, at + count * ENTRY_BYTES, ENTRY_BYTES):
            tag, kind, values, offset = struct.unpack_from(f"{self.order}HHII", self.data, place)
            size = values * _TYPE_BYTES.get(kind, 0)
            is_inline = size <= INLINE_BYTES
            yield Entry(
                tag=tag,
                kind=kind,
                count=values,
                place=place,
                start=place + 8 if is_inline else offset,
                size=size,
            )
