"""A part of EXIF: the wanted tags and nothing else, in the source's byte order.

They are written anew. The same tags give the same bytes, so that a result that is fed back stays
as it is.
"""

import struct
from mmap import mmap

from imgproxy_py.engine.exif import tags
from imgproxy_py.engine.exif.structure import MAX_EXIF_BYTES, Directory, ExifError, Structure
from imgproxy_py.engine.exif.tags import Wanted
from imgproxy_py.engine.exif.write import Tag, write_exif

_SHORT = 3


def exif_part(
    data: bytes | mmap, wanted: Wanted, *, orientation: int, max_bytes: int = MAX_EXIF_BYTES
) -> bytes | None:
    """A TIFF structure with the wanted tags of `data`, and `orientation` unless it is 1.

    None where `data` has none of them. Raises ExifError for broken structures and where more than
    `max_bytes` would be written.
    """
    source = Structure(data)
    directory = source.first_directory()
    first = _picked(source, directory, wanted.first)
    linked = {
        tags.EXIF_DIRECTORY: _exif(source, directory, wanted.exif),
        tags.GPS_DIRECTORY: _location(source, directory) if wanted.has_location else [],
    }
    linked = {tag: kept for tag, kept in linked.items() if kept}
    if not first and not linked:
        return None
    if orientation != 1:
        value = struct.pack(f"{source.order}H", orientation)
        first.append(Tag(tag=tags.ORIENTATION, kind=_SHORT, count=1, value=value))
    for alignment in (2, 1):  # the source may pack values closer than the standard wants
        written = write_exif(source.order, first, linked, alignment=alignment)
        if len(written) <= max_bytes:
            return written
    raise ExifError("more than may be written")


def _exif(source: Structure, first: Directory, wanted: frozenset[int] | None) -> list[Tag]:
    """The standard wants a version wherever there is such a directory (EXIF 2.32, 4.6.5)."""
    if wanted is not None and not wanted:
        return []
    directory = source.linked_directory(first, tags.EXIF_DIRECTORY)
    picked = [] if directory is None else _picked(source, directory, wanted)
    if directory is None or not picked or wanted is None:
        return picked
    return picked + _picked(source, directory, frozenset({tags.EXIF_VERSION}))


def _location(source: Structure, first: Directory) -> list[Tag]:
    directory = source.linked_directory(first, tags.GPS_DIRECTORY)
    return [] if directory is None else _picked(source, directory, None)


def _picked(source: Structure, directory: Directory, wanted: frozenset[int] | None) -> list[Tag]:
    """The first entry of each wanted tag (None: all) that says anything; pointers are made anew."""
    picked: dict[int, Tag] = {}
    total = 0
    for entry in directory.entries:
        is_wanted = wanted is None or entry.tag in wanted
        if not is_wanted or not entry.size or entry.tag in picked or entry.tag in tags.POINTERS:
            continue
        total += entry.size
        if total > MAX_EXIF_BYTES:
            raise ExifError("more than fits into a segment")
        picked[entry.tag] = Tag(
            tag=entry.tag, kind=entry.kind, count=entry.count, value=source.value(entry)
        )
    return list(picked.values())
