"""WebP headers (WebP container specification; RFC 9649): one look for still pictures, a walk over
the chunks where the header announces an animation or metadata."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers import exif, icc
from imgproxy_py.engine.headers.reader import HeaderReader

_RIFF_BYTES = 12
_ICC_FLAG, _ALPHA_FLAG, _EXIF_FLAG, _ANIMATION_FLAG = 0x20, 0x10, 0x08, 0x02
_PICTURES = frozenset({b"VP8 ", b"VP8L"})
_MAX_CHUNKS = 100_000
_MAX_ICC_BYTES = 4 << 20
_MAX_EXIF_BYTES = 16_384


def read_webp(reader: HeaderReader) -> SourceFacts:
    """Facts of a WebP; walks to its end only for frames, or for EXIF, which stands last."""
    name = reader.exactly(_RIFF_BYTES, 8)[:4]
    if name == b"VP8X":
        return _extended(reader)
    return _simple(reader, name, _RIFF_BYTES + 8)


def canvas_size(reader: HeaderReader) -> tuple[int, int] | None:
    """The canvas that a VP8X header declares, to be refused before the rest is waited for."""
    if reader.at(_RIFF_BYTES, 4) != b"VP8X":
        return None
    header = reader.exactly(_RIFF_BYTES + 8, 10)
    return _uint24(header, 4) + 1, _uint24(header, 7) + 1


def _simple(reader: HeaderReader, name: bytes, at: int) -> SourceFacts:
    if name == b"VP8 ":
        header = reader.exactly(at, 10)
        if header[3:6] != b"\x9d\x01\x2a":  # the key frame's start code (RFC 6386, 9.1)
            raise BrokenImage("the source image is damaged: no VP8 key frame")
        width, height = (int.from_bytes(header[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        return SourceFacts(format=ImageFormat.WEBP, width=width, height=height)
    if name == b"VP8L":
        header = reader.exactly(at, 5)
        if header[0] != 0x2F:  # the signature byte (RFC 9649, 3.4)
            raise BrokenImage("the source image is damaged: no VP8L signature")
        packed = int.from_bytes(header[1:5], "little")
        has_alpha = bool(packed >> 28 & 1)
        return SourceFacts(
            format=ImageFormat.WEBP,
            width=(packed & 0x3FFF) + 1,
            height=(packed >> 14 & 0x3FFF) + 1,
            has_alpha=has_alpha,
            bands=4 if has_alpha else 3,
            is_lossless=True,
        )
    raise BrokenImage("the source image is damaged: a WebP without a picture")


@dataclass(slots=True)
class _Seen:
    """What the chunks have said so far."""

    profile: icc.ProfileFacts | None = None
    orientation: int = 1
    loop: int = 0
    is_lossless: bool = False
    delays_ms: list[int] = field(default_factory=list)


def _extended(reader: HeaderReader) -> SourceFacts:
    flags = reader.exactly(_RIFF_BYTES + 8, 1)[0]
    width, height = canvas_size(reader) or (0, 0)
    seen = _walk(reader, flags)
    has_alpha = bool(flags & _ALPHA_FLAG)
    frames = max(1, len(seen.delays_ms))
    return SourceFacts(
        format=ImageFormat.WEBP,
        width=width,
        height=height,
        orientation=seen.orientation,
        frames=frames,
        delays_ms=tuple(seen.delays_ms) if frames > 1 else (),
        loop=seen.loop,
        has_alpha=has_alpha,
        bands=4 if has_alpha else 3,
        has_icc=seen.profile is not None,
        icc_name=seen.profile.name if seen.profile else None,
        has_srgb_profile=seen.profile is not None and seen.profile.is_srgb,
        is_lossless=seen.is_lossless,
    )


def _walk(reader: HeaderReader, flags: int) -> _Seen:
    """Chunk after chunk: to the picture, or to the end where metadata or frames are announced."""
    seen = _Seen()
    for name, at, size in _chunks(reader):
        if flags & _ANIMATION_FLAG and name in (b"ANIM", b"ANMF"):
            _take_animation(seen, name, reader, at)
        elif name == b"ICCP" and flags & _ICC_FLAG:
            seen.profile = icc.read_profile(reader.at(at, min(size, _MAX_ICC_BYTES)))
        elif name == b"EXIF" and flags & _EXIF_FLAG:
            block = reader.at(at, min(size, _MAX_EXIF_BYTES))
            # Some writers repeat JPEG's `Exif` prefix here.
            seen.orientation = exif.orientation(block.removeprefix(b"Exif\x00\x00"))
        elif name in _PICTURES:
            seen.is_lossless = name == b"VP8L"
            if not flags & _EXIF_FLAG:
                break
    return seen


def _take_animation(seen: _Seen, name: bytes, reader: HeaderReader, at: int) -> None:
    """The loop count, or one frame's delay and kind."""
    if name == b"ANIM":
        seen.loop = int.from_bytes(reader.exactly(at + 4, 2), "little")
        return
    seen.delays_ms.append(_uint24(reader.exactly(at, 16), 12))
    seen.is_lossless = seen.is_lossless or reader.at(at + 16, 4) == b"VP8L"


def _chunks(reader: HeaderReader) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and size of each chunk; sizes are padded to even (RIFF)."""
    at = _RIFF_BYTES
    for _ in range(_MAX_CHUNKS):
        head = reader.at(at, 8)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:8], "little")
        yield head[:4], at + 8, size
        at += 8 + size + (size & 1)


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
