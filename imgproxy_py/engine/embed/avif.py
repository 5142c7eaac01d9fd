"""EXIF in an AVIF: an item beside the picture's (ISO/IEC 23008-12, annex A).

Where the file has such an item, its bytes are overwritten in place. Otherwise one more is listed
in iinf, iloc and iref (ISO/IEC 14496-12, 8.11): the meta box grows by that, what lies behind it
moves, and every offset that iloc holds moves along. The item comes last, in an mdat of its own.
"""

import struct

from imgproxy_py.engine.embed.iloc import with_item
from imgproxy_py.engine.strip.boxes import Box, boxes, item_kinds, primary_item
from imgproxy_py.engine.strip.items import exif_extent, inner_boxes, meta_box
from imgproxy_py.engine.unstrippable import NotStrippableError

# The offset of the TIFF header behind this number.
_NO_PREFIX = bytes(4)
_MAX_ITEM = 0xFFFF
_HEADER_BYTES = 8


def embed_avif(data: bytes, exif: bytes) -> bytes:
    """Raises NotStrippableError where the file's structure has no place for it."""
    item = _NO_PREFIX + exif
    extent = exif_extent(data)
    if extent is None:
        return _with_new_item(data, item)
    room = extent.end - extent.start
    if len(item) > room:
        raise NotStrippableError("no room for the Exif item")
    return data[: extent.start] + item.ljust(room, b"\0") + data[extent.end :]


def _with_new_item(data: bytes, item: bytes) -> bytes:
    meta = meta_box(data)
    inner = inner_boxes(data, meta)
    kinds = item_kinds(data, inner[b"iinf"])
    number = max(kinds, default=0) + 1
    if b"pitm" not in inner or b"Exif" in kinds.values():
        raise NotStrippableError("not a simple still")
    primary = primary_item(data, inner[b"pitm"])
    if max(number, primary) > _MAX_ITEM:
        raise NotStrippableError("more items than 16 bits can number")
    rewritten = {b"iinf": _item_list(data, inner[b"iinf"], number)}
    rewritten[b"iref"] = _references(data, inner.get(b"iref"), number, primary)
    # The new iloc is as long whatever the offsets in it: written once to learn how far all moves.
    rewritten[b"iloc"] = with_item(data, inner[b"iloc"], number, length=len(item))
    moved = len(_meta(data, meta, rewritten)) - (meta.end - meta.start)
    rewritten[b"iloc"] = with_item(
        data,
        inner[b"iloc"],
        number,
        length=len(item),
        offset=len(data) + moved + _HEADER_BYTES,
        moved_from=meta.end,
        moved=moved,
    )
    content = _meta(data, meta, rewritten)
    start = meta.start - _HEADER_BYTES
    last = _box(b"mdat", item)
    return data[:start] + _box(b"meta", content) + data[meta.end :] + last


def _meta(data: bytes, meta: Box, rewritten: dict[bytes, bytes]) -> bytes:
    """The content of the meta box with some of its boxes replaced; new ones come last."""
    parts = [data[meta.start : meta.start + 4]]
    before = meta.start + 4
    left = dict(rewritten)
    for box in boxes(data, before, meta.end):
        content = left.pop(box.kind, None)
        parts.append(data[before : box.end] if content is None else _box(box.kind, content))
        before = box.end
    return b"".join([*parts, *(_box(kind, content) for kind, content in left.items())])


def _item_list(data: bytes, iinf: Box, number: int) -> bytes:
    """8.11.6: one more entry, of type Exif and without a name."""
    wide = 2 if data[iinf.start] == 0 else 4
    at = iinf.start + 4
    count = int.from_bytes(data[at : at + wide], "big") + 1
    entry = _box(b"infe", struct.pack(">IHH4sB", 2 << 24, number, 0, b"Exif", 0))
    return data[iinf.start : at] + count.to_bytes(wide, "big") + data[at + wide : iinf.end] + entry


def _references(data: bytes, iref: Box | None, number: int, primary: int) -> bytes:
    """8.11.12: the new item describes the picture ("cdsc")."""
    found = bytes(4) if iref is None else data[iref.start : iref.end]
    wide = "H" if found[0] == 0 else "I"
    return found + _box(b"cdsc", struct.pack(f">{wide}H{wide}", number, 1, primary))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", _HEADER_BYTES + len(content)) + kind + content
