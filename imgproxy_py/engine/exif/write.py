"""Directories of EXIF written one after the other, each followed by its values (TIFF 6.0, 2)."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from imgproxy_py.engine.exif.structure import ENTRY_BYTES, HEADER_BYTES, INLINE_BYTES

_LONG = 4
_MARKS = {"<": b"II*\0", ">": b"MM\0*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag with its value, in the byte order of the whole."""

    tag: int
    kind: int
    count: int
    value: bytes


def write_exif(
    order: str, first: list[Tag], linked: Mapping[int, list[Tag]], *, alignment: int = 2
) -> bytes:
    """A TIFF structure: the first directory, then those in `linked`, by the tag of their pointer.

    `order` is "<" or ">" as in `struct`. Values begin at multiples of `alignment`, which the
    standard wants to be even. The same tags always give the same bytes.
    """
    pointers = {tag: bytes(4) for tag in linked}
    at = HEADER_BYTES + len(_first(order, first, pointers, alignment))
    parts = b""
    for tag, tags in linked.items():
        pointers[tag] = struct.pack(f"{order}I", at + len(parts))
        parts += _directory(order, tags, at + len(parts), alignment)
    header = _MARKS[order] + struct.pack(f"{order}I", HEADER_BYTES)
    return header + _first(order, first, pointers, alignment) + parts


def _first(order: str, first: list[Tag], pointers: dict[int, bytes], alignment: int) -> bytes:
    links = [Tag(tag=tag, kind=_LONG, count=1, value=at) for tag, at in pointers.items()]
    return _directory(order, [*first, *links], HEADER_BYTES, alignment)


def _directory(order: str, tags: list[Tag], start: int, alignment: int) -> bytes:
    """Entries in the order of their tags, no next directory, then long values, equal ones once."""
    values: dict[bytes, int] = {}
    end = start + 2 + len(tags) * ENTRY_BYTES + 4
    entries = b""
    for tag in sorted(tags, key=lambda each: each.tag):
        field = tag.value.ljust(INLINE_BYTES, b"\0")
        if len(tag.value) > INLINE_BYTES:
            if tag.value not in values:
                values[tag.value] = end
                end += _aligned(len(tag.value), alignment)
            field = struct.pack(f"{order}I", values[tag.value])
        entries += struct.pack(f"{order}HHI", tag.tag, tag.kind, tag.count) + field
    packed = b"".join(value.ljust(_aligned(len(value), alignment), b"\0") for value in values)
    return struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + packed


def _aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
