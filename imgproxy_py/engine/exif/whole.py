"""All of EXIF as the source has it, but for the thumbnail, with an orientation that is true.

Nothing is moved: makers' notes hold offsets that nobody else can mend. What no directory refers to
(the thumbnail among it, which would show the old picture) is overwritten, and cut off at the end.
"""

import struct

from imgproxy_py.engine.exif import tags
from imgproxy_py.engine.exif.structure import (
    ENTRY_BYTES,
    HEADER_BYTES,
    MAX_EXIF_BYTES,
    Directory,
    Entry,
    ExifError,
    Structure,
)

_SHORT = 3


def whole_exif(data: bytes, *, orientation: int) -> bytes | None:
    """The same structure, its orientation tag set where there is one.

    None where it says nothing else. Raises ExifError for broken or too large structures, and where
    a picture that has to be turned has no tag to say so.
    """
    if len(data) > MAX_EXIF_BYTES:
        raise ExifError("more than fits into a segment")
    source = Structure(data)
    found = _directories(source)
    if len(found) == 1 and {entry.tag for entry in found[0].entries} <= {tags.ORIENTATION}:
        return None
    kept = bytearray(len(data))
    kept[:HEADER_BYTES] = data[:HEADER_BYTES]
    for directory in found:
        # Without the pointer behind the entries: the next directory is the thumbnail's.
        entries_end = directory.start + 2 + len(directory.entries) * ENTRY_BYTES
        kept[directory.start : entries_end] = data[directory.start : entries_end]
        for entry in directory.entries:
            kept[entry.start : entry.start + entry.size] = source.value(entry)
    tag = found[0].entry(tags.ORIENTATION)
    if tag is not None:
        _set_orientation(kept, source, tag, orientation)
    elif orientation != 1:
        raise ExifError("no orientation in it")
    return bytes(kept[: _end(found)])


def _set_orientation(kept: bytearray, source: Structure, tag: Entry, orientation: int) -> None:
    if (tag.kind, tag.count) == (_SHORT, 1):
        struct.pack_into(f"{source.order}HH", kept, tag.start, orientation, 0)
    elif orientation != 1:
        raise ExifError("an orientation that is no SHORT")


def _directories(source: Structure) -> list[Directory]:
    """The first, then Exif, GPS and Interoperability where there are such; no two are the same."""
    first = source.first_directory()
    exif = source.linked_directory(first, tags.EXIF_DIRECTORY)
    gps = source.linked_directory(first, tags.GPS_DIRECTORY)
    interoperability = exif and source.linked_directory(exif, tags.INTEROPERABILITY_DIRECTORY)
    found = [each for each in (first, exif, gps, interoperability) if each is not None]
    for each, following in zip(*_neighbors(found), strict=True):
        if following.start < each.start + 2 + len(each.entries) * ENTRY_BYTES:
            raise ExifError("directories that overlap")
    return found


def _neighbors(found: list[Directory]) -> tuple[list[Directory], list[Directory]]:
    ordered = sorted(found, key=lambda directory: directory.start)
    return ordered[:-1], ordered[1:]


def _end(found: list[Directory]) -> int:
    """Where the last byte that is referred to ends."""
    values = (entry.start + entry.size for each in found for entry in each.entries)
    return max([each.end for each in found] + list(values))
