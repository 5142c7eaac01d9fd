"""PNG headers (PNG third edition, sections 5 and 11): dimensions, frames, profile, and bombs."""

import zlib
from dataclasses import dataclass, field

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers import exif, icc
from imgproxy_py.engine.headers.reader import HeaderReader

_SIGNATURE_BYTES = 8
_IHDR_BYTES = 13
# Bands and legal bit depths by color type (table 9).
_COLOR_TYPES: dict[int, tuple[int, frozenset[int]]] = {
    0: (1, frozenset({1, 2, 4, 8, 16})),
    2: (3, frozenset({8, 16})),
    3: (3, frozenset({1, 2, 4, 8})),
    4: (2, frozenset({8, 16})),
    6: (4, frozenset({8, 16})),
}
_MAX_CHUNK_LENGTH = 2**31 - 1
_MAX_CHUNKS = 50_000
# Real profiles are under 4 MB; libpng itself gives text chunks 8 MB.
_MAX_INFLATED_BYTES = 4 << 20
_MAX_COMPRESSED_BYTES = 8 << 20
_PROFILE, _TEXT, _INTERNATIONAL_TEXT = "color profile", "text", "international text"


@dataclass(slots=True)
class _Seen:
    """What the chunks have said so far."""

    has_transparency: bool = False
    orientation: int = 1
    profile: bytes = b""
    frames: int = 1
    plays: int = 0
    delays_ms: list[int] = field(default_factory=list)
    has_pixels: bool = False


def read_png(reader: HeaderReader) -> SourceFacts:
    """Facts of a PNG; waits for its last chunk only when it says that it is animated."""
    header = reader.exactly(_SIGNATURE_BYTES, 8 + _IHDR_BYTES)
    if header[:8] != b"\x00\x00\x00\x0dIHDR":
        raise BrokenImage("the source image is damaged: it does not begin with IHDR")
    depth, color_type, _, _, interlace = header[16:21]
    bands, depths = _COLOR_TYPES.get(color_type, (0, frozenset()))
    if depth not in depths:
        raise BrokenImage(
            f"the source image is damaged: color type {color_type} with {depth} bits is not PNG"
        )
    seen = _walk(reader)
    profile = icc.read_profile(seen.profile)
    has_alpha = color_type in (4, 6) or seen.has_transparency
    return SourceFacts(
        format=ImageFormat.PNG,
        width=int.from_bytes(header[8:12], "big"),
        height=int.from_bytes(header[12:16], "big"),
        orientation=seen.orientation,
        frames=max(1, seen.frames),
        delays_ms=tuple(seen.delays_ms) if seen.frames > 1 else (),
        loop=seen.plays,
        has_alpha=has_alpha,
        bits=depth,
        bands=bands + (1 if seen.has_transparency and color_type not in (4, 6) else 0),
        has_icc=profile is not None,
        icc_name=profile.name if profile else None,
        has_srgb_profile=profile is not None and profile.is_srgb,
        is_gray=color_type in (0, 4),
        is_palette=color_type == 3,
        is_interlaced=interlace == 1,
        is_lossless=True,
    )


def _walk(reader: HeaderReader) -> _Seen:
    """Chunk after chunk up to the pixels; up to the end when frames are announced."""
    seen = _Seen()
    at = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        head = reader.at(at, 8)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if len(head) < 8 or name == b"IEND":
            break
        if length > _MAX_CHUNK_LENGTH:
            raise BrokenImage(f"the source image is damaged: a chunk claims {length} bytes")
        if name == b"IDAT":
            seen.has_pixels = True
            if seen.frames < 2:
                break
        _take(seen, name, reader, at + 8, length)
        at += 12 + length
    if not seen.has_pixels:
        raise BrokenImage("the source image is damaged: it has no pixels")
    return seen


def _take(seen: _Seen, name: bytes, reader: HeaderReader, at: int, length: int) -> None:
    match name:
        case b"tRNS":
            seen.has_transparency = True
        case b"acTL":
            seen.frames = int.from_bytes(reader.exactly(at, 4), "big")
            seen.plays = int.from_bytes(reader.exactly(at + 4, 4), "big")
        case b"fcTL":
            seen.delays_ms.append(_delay_ms(reader.exactly(at, 26)))
        case b"eXIf":
            seen.orientation = exif.orientation(reader.at(at, min(length, 16_384)))
        case b"iCCP":
            seen.profile = _inflated(reader, at, length, what=_PROFILE)
        case b"zTXt":
            _inflated(reader, at, length, what=_TEXT)
        case b"iTXt":
            _inflated(reader, at, length, what=_INTERNATIONAL_TEXT)


def _delay_ms(control: bytes) -> int:
    """A frame's delay: numerator over denominator of a second, 0 meaning 100 (section 11.3.6.2)."""
    numerator = int.from_bytes(control[20:22], "big")
    denominator = int.from_bytes(control[22:24], "big") or 100
    return round(1000 * numerator / denominator)


def _inflated(reader: HeaderReader, at: int, length: int, *, what: str) -> bytes:
    """The compressed part of a chunk, inflated only as far as is allowed.

    `png_iccp_bomb.png` and `png_text_bomb_ztxt.png` grow from 100 KB to 100 MB each.
    """
    compressed = _compressed(reader.at(at, min(length, _MAX_COMPRESSED_BYTES)), what)
    try:
        inflated = zlib.decompressobj().decompress(compressed, _MAX_INFLATED_BYTES + 1)
    except zlib.error:
        return b""  # noise is ignored, as libpng ignores it
    if len(inflated) > _MAX_INFLATED_BYTES:
        raise ImageTooLarge(
            f"the source image has a compressed {what} of more than "
            f"{_MAX_INFLATED_BYTES >> 20} MB, the most that is read"
        )
    return inflated


def _compressed(data: bytes, what: str) -> bytes:
    """The zlib stream behind keyword and flags (sections 11.3.2.3, 11.3.3.3 and 11.3.3.4)."""
    _, _, rest = data.partition(b"\x00")
    if what != _INTERNATIONAL_TEXT:
        return rest[1:]
    is_compressed = rest[:1] == b"\x01"
    return rest[2:].split(b"\x00", 2)[-1] if is_compressed else b""
