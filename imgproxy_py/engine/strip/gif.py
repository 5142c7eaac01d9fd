"""GIF without metadata: comments and application data go, frames and looping stay (GIF89a)."""

from mmap import mmap

from imgproxy_py.engine.unstrippable import NotStrippableError

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
# The two names under which the number of plays is written.
_LOOPING = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0")
_HEADER_BYTES = 13


def strip_gif(data: bytes | mmap) -> bytes:
    """Ends at the trailer. Plain text blocks go too: no decoder in use draws them."""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < _HEADER_BYTES:
        raise NotStrippableError("no GIF header")
    at = _HEADER_BYTES + _color_table_bytes(data[10])
    parts = [data[:at]]
    while (introducer := _byte(data, at)) != _TRAILER:
        end = _block_end(data, at, introducer)
        if introducer == _IMAGE or _is_kept(data, at):
            parts.append(data[at:end])
        at = end
    parts.append(bytes([_TRAILER]))
    return b"".join(parts)


def _is_kept(data: bytes | mmap, at: int) -> bool:
    label = data[at + 1]
    if label == _APPLICATION:
        return data[at + 2 : at + 14] in _LOOPING
    return label == _GRAPHIC_CONTROL


def _block_end(data: bytes | mmap, at: int, introducer: int) -> int:
    if introducer == _EXTENSION:
        return _sub_blocks_end(data, at + 2)
    if introducer == _IMAGE:
        # Descriptor, local color table, LZW code size, data.
        return _sub_blocks_end(data, at + 10 + _color_table_bytes(_byte(data, at + 9)) + 1)
    raise NotStrippableError("an unknown block")


def _sub_blocks_end(data: bytes | mmap, at: int) -> int:
    while (length := _byte(data, at)) != 0:
        at += 1 + length
    return at + 1


def _color_table_bytes(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _byte(data: bytes | mmap, at: int) -> int:
    if at >= len(data):
        raise NotStrippableError("the file is cut")
    return data[at]
