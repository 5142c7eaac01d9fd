"""The items of a still picture in the HEIF container: what each is, and where its bytes lie.

ISO/IEC 14496-12, 8.11 (meta, iinf, iloc); ISO/IEC 23008-12, annex A (Exif items).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from imgproxy_py.engine.strip.boxes import Box, boxes, extents, item_kinds
from imgproxy_py.engine.unstrippable import NotStrippableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A run of one item's bytes; the item's type is None where no entry tells it."""

    item: int
    kind: bytes | None
    start: int
    end: int


def meta_box(data: bytes | mmap) -> Box:
    """The box that tells of all items. Raises NotStrippableError."""
    meta = next((box for box in boxes(data, 0, len(data)) if box.kind == b"meta"), None)
    if meta is None:
        raise NotStrippableError("no meta box")
    return meta


def inner_boxes(data: bytes | mmap, meta: Box) -> dict[bytes, Box]:
    """The boxes inside `meta` by kind; those that tell of items are among them."""
    inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    if b"iinf" not in inner or b"iloc" not in inner:
        raise NotStrippableError("no items")
    return inner


def item_extents(data: bytes | mmap) -> Iterator[Extent]:
    """Every run of every item, in the order of the file's own list."""
    inner = inner_boxes(data, meta_box(data))
    kinds = item_kinds(data, inner[b"iinf"])
    idat = inner.get(b"idat")
    for item, start, length in extents(data, inner[b"iloc"], idat.start if idat else 0):
        yield Extent(item=item, kind=kinds.get(item), start=start, end=start + length)


def exif_extent(data: bytes | mmap) -> Extent | None:
    """The first Exif item where it lies in one piece; None where there is none."""
    found = [extent for extent in item_extents(data) if extent.kind == b"Exif"]
    is_whole = len([extent for extent in found if extent.item == found[0].item]) == 1
    return found[0] if is_whole else None
