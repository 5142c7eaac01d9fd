"""JPEG headers up to the first scan (ITU-T T.81, annex B), as they arrive; no pixel is touched."""

from dataclasses import dataclass

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers import exif, icc
from imgproxy_py.engine.headers.reader import HeaderReader

_SOI_BYTES = 2
_SOS, _EOI, _APP1, _APP2 = 0xDA, 0xD9, 0xE1, 0xE2
# Frame headers (table B.1): every SOFn, which leaves out DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_PROGRESSIVE = frozenset({0xC2, 0xCA})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_MAX_SEGMENTS = 20_000
# The orientation stands in EXIF's first directory, which comes first in real files.
_EXIF_BYTES = 16_384
_ICC_HEADER = b"ICC_PROFILE\x00"
_MAX_ICC_BYTES = 4 << 20

# Decoding time grows with pixels times scans; encoders write about ten. libvips' own guard lets
# all 2501 of the corpus' bomb through, six seconds of CPU.
_MAX_SCANS = 100
_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class _Seen:
    """What the segments before the scan have said so far."""

    frame: tuple[int, bytes] | None = None
    orientation: int = 1
    icc_parts: dict[int, bytes] | None = None


def read_jpeg(reader: HeaderReader) -> SourceFacts:
    """Facts of a JPEG; raises BrokenImage when no scan follows a sane frame header."""
    seen = _walk(reader)
    if seen.frame is None:
        raise BrokenImage("the source image is damaged: a scan without a frame header")
    marker, frame = seen.frame
    if marker not in _DECODABLE or frame[0] != 8:
        raise BrokenImage("the source image is of a kind of JPEG that is not read (not 8 bit)")
    bands = frame[5]
    profile = _profile(seen.icc_parts or {})
    return SourceFacts(
        format=ImageFormat.JPEG,
        width=int.from_bytes(frame[3:5], "big"),
        height=int.from_bytes(frame[1:3], "big"),
        orientation=seen.orientation,
        bands=bands,
        has_icc=profile is not None,
        icc_name=profile.name if profile else None,
        has_srgb_profile=profile is not None and profile.is_srgb,
        is_cmyk=bands == 4,
        is_gray=bands == 1,
        is_interlaced=marker in _PROGRESSIVE,
    )


def refuse_scan_bomb(data: HeaderReader) -> None:
    """Raise ImageTooLarge when a progressive JPEG has absurdly many scans.

    `jpeg_progressive_scan_bomb.jpg` has 2501, each of them a pass over all pixels. Entropy-coded
    data hide no FF DA (an FF is followed by 00), so counting markers is exact enough.
    """
    scans, at = 0, 0
    while chunk := data.at(at, _CHUNK_BYTES):
        scans += chunk.count(b"\xff\xda")
        at += len(chunk)
        if scans > _MAX_SCANS:
            raise ImageTooLarge(
                f"the source image has more than {_MAX_SCANS} progressive scans; "
                f"at most {_MAX_SCANS} are decoded"
            )


def _walk(reader: HeaderReader) -> _Seen:
    seen = _Seen()
    at = _SOI_BYTES
    for _ in range(_MAX_SEGMENTS):
        marker, at = _marker(reader, at)
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            break
        length = int.from_bytes(reader.exactly(at, 2), "big")
        if length < 2:
            break
        if marker == _SOS:
            reader.exactly(at, length)
            return seen
        _take(seen, marker, reader, at + 2, length - 2)
        at += length
    raise BrokenImage("the source image is damaged: no scan follows its headers")


def _marker(reader: HeaderReader, at: int) -> tuple[int, int]:
    """The marker at `at` and the offset after it; FF fill bytes may precede it (B.1.1.2)."""
    while True:
        pair = reader.exactly(at, 2)
        if pair[0] != 0xFF or pair[1] == 0:
            raise BrokenImage("the source image is damaged: no marker where one must stand")
        if pair[1] != 0xFF:
            return pair[1], at + 2
        at += 1


def _take(seen: _Seen, marker: int, reader: HeaderReader, at: int, size: int) -> None:
    if marker in _FRAMES and seen.frame is None:
        if size < 6:
            raise BrokenImage("the source image is damaged: its frame header is too short")
        seen.frame = (marker, reader.exactly(at, 6))
    elif marker == _APP1 and reader.at(at, 6) == b"Exif\x00\x00":
        seen.orientation = exif.orientation(reader.at(at + 6, min(size - 6, _EXIF_BYTES)))
    elif marker == _APP2 and reader.at(at, 12) == _ICC_HEADER and size > 14:
        _take_icc(seen, reader.at(at, size))


def _take_icc(seen: _Seen, segment: bytes) -> None:
    """One part of a profile: its number, how many there are, the bytes (ICC.1:2022, B.4)."""
    parts = seen.icc_parts = seen.icc_parts or {}
    if sum(map(len, parts.values())) + len(segment) > _MAX_ICC_BYTES:
        raise ImageTooLarge(
            f"the source image has a color profile over {_MAX_ICC_BYTES >> 20} MB, "
            "the most that is read"
        )
    parts[segment[12]] = segment[14:]


def _profile(parts: dict[int, bytes]) -> icc.ProfileFacts | None:
    return icc.read_profile(b"".join(parts[number] for number in sorted(parts)))
