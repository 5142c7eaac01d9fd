"""Boxes of the ISO base media file format, as far as a still picture needs them.

ISO/IEC 14496-12: 4.2 (boxes), 8.11.3 (iloc), 8.11.6 (iinf).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from imgproxy_py.engine.unstrippable import NotStrippableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    kind: bytes
    start: int
    end: int


def boxes(data: bytes | mmap, at: int, end: int) -> Iterator[Box]:
    """The boxes of one level; `start` is behind the header."""
    while at < end:
        if end - at < 8:
            raise NotStrippableError("a box is cut")
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or end - at
        if size < header or at + size > end:
            raise NotStrippableError("a box ends outside the file")
        yield Box(kind=kind, start=at + header, end=at + size)
        at += size


def item_kinds(data: bytes | mmap, iinf: Box) -> dict[int, bytes]:
    """Item id to type: av01, Exif, mime, ... (8.11.6)."""
    count_bytes = 2 if data[iinf.start] == 0 else 4
    kinds = {}
    for infe in boxes(data, iinf.start + 4 + count_bytes, iinf.end):
        version, at = data[infe.start], infe.start + 4
        if version not in (2, 3):
            raise NotStrippableError("an item entry of an old kind")
        id_bytes = 2 if version == 2 else 4
        item = int.from_bytes(data[at : at + id_bytes], "big")
        kinds[item] = data[at + id_bytes + 2 : at + id_bytes + 6]
    return kinds


class _Reader:
    """Big-endian numbers of any width, one after the other, inside one box."""

    def __init__(self, data: bytes | mmap, box: Box) -> None:
        self._data, self._at, self._end = data, box.start, box.end

    def number(self, width: int) -> int:
        if self._at + width > self._end:
            raise NotStrippableError("a box is cut")
        value = int.from_bytes(self._data[self._at : self._at + width], "big")
        self._at += width
        return value


def extents(data: bytes | mmap, iloc: Box, idat: int) -> Iterator[tuple[int, int, int]]:
    """Item id, first byte in the file, length, of every extent (8.11.3)."""
    reader = _Reader(data, iloc)
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> s & 15 for s in (12, 8, 4, 0))
    wide = 2 if version < 2 else 4
    for _ in range(reader.number(wide)):
        item = reader.number(wide)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)  # data_reference_index: this file
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            if version and index_size:
                reader.number(index_size)
            start = base + reader.number(offset_size) + (idat if method == 1 else 0)
            length = reader.number(length_size)
            if method > 1 or start + length > len(data):
                raise NotStrippableError("an item lies outside the file")
            yield item, start, length or len(data) - start


def primary_item(data: bytes | mmap, pitm: Box) -> int:
    """The item that is the picture itself (8.11.4)."""
    id_bytes = 2 if data[pitm.start] == 0 else 4
    return int.from_bytes(data[pitm.start + 4 : pitm.start + 4 + id_bytes], "big")
