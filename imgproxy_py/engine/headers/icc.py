"""What an ICC profile says about itself: its name, and whether it is sRGB (ICC.1:2022, section 7).

Converting from sRGB to sRGB costs as much as any conversion and moves colors by rounding, so a
profile that *is* sRGB is recognized by its numbers. Its name alone could lie.
"""

from dataclasses import dataclass

_HEADER_BYTES = 128
_MAX_TAGS = 100

# D50-adapted sRGB primaries (IEC 61966-2-1, ICC's own sRGB profiles), in s15Fixed16 units of
# 1/65536. Profiles in use differ in the last bits of their rounding.
_SRGB_COLUMNS = {
    b"rXYZ": (28_579, 14_581, 912),
    b"gXYZ": (25_239, 46_981, 6_362),
    b"bXYZ": (9_376, 3_974, 46_799),
}
_COLUMN_TOLERANCE = 130

# sRGB at input 0.5 is 0.2140; a plain gamma of 2.2 is 0.2176, one of 1.8 is 0.287.
_SRGB_HALF = 0.2140
_HALF_TOLERANCE = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    name: str | None
    is_srgb: bool


def read_profile(profile: bytes) -> ProfileFacts | None:
    """None when the bytes are no profile: such noise is ignored, as browsers do."""
    if len(profile) < _HEADER_BYTES + 4 or profile[36:40] != b"acsp":
        return None
    tags = _tags(profile)
    space = profile[16:20].decode("latin-1").strip()
    return ProfileFacts(
        name=_description(tags.get(b"desc", b"")),
        is_srgb=space == "RGB" and _is_srgb(tags),
    )


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = min(int.from_bytes(profile[128:132], "big"), _MAX_TAGS)
    tags = {}
    for at in range(132, 132 + 12 * count, 12):
        offset = int.from_bytes(profile[at + 4 : at + 8], "big")
        size = int.from_bytes(profile[at + 8 : at + 12], "big")
        tags[profile[at : at + 4]] = profile[offset : offset + size]
    return tags


def _is_srgb(tags: dict[bytes, bytes]) -> bool:
    """Primaries and curves of sRGB, and no lookup table that would overrule them."""
    if b"A2B0" in tags:
        return False
    columns = all(
        _is_near(tags.get(name, b""), expected) for name, expected in _SRGB_COLUMNS.items()
    )
    return columns and all(
        abs(_half(tags.get(name, b"")) - _SRGB_HALF) < _HALF_TOLERANCE
        for name in (b"rTRC", b"gTRC", b"bTRC")
    )


def _is_near(column: bytes, expected: tuple[int, int, int]) -> bool:
    values = [int.from_bytes(column[at : at + 4], "big", signed=True) for at in (8, 12, 16)]
    pairs = zip(values, expected, strict=True)
    return all(abs(value - wanted) <= _COLUMN_TOLERANCE for value, wanted in pairs)


def _half(curve: bytes) -> float:
    """What a tone curve makes of the input 0.5; 0 where it cannot be read."""
    if curve[:4] == b"curv":
        return _sampled_half(curve)
    if curve[:4] == b"para" and curve[8:10] == b"\x00\x03":
        gamma, a, b = (
            int.from_bytes(curve[at : at + 4], "big", signed=True) / 65_536 for at in (12, 16, 20)
        )
        base = a * 0.5 + b
        return float(base**gamma) if base > 0 and abs(gamma) < 10 else 0.0
    return 0.0


def _sampled_half(curve: bytes) -> float:
    count = int.from_bytes(curve[8:12], "big")
    if count < 16 or len(curve) < 12 + 2 * count:
        return 0.0
    low = 12 + 2 * ((count - 1) // 2)
    high = 12 + 2 * (count // 2)
    samples = [int.from_bytes(curve[at : at + 2], "big") for at in (low, high)]
    return sum(samples) / (2 * 65_535)


def _description(tag: bytes) -> str | None:
    """The profile's name: textDescriptionType (version 2) or multiLocalizedUnicodeType (4)."""
    if tag[:4] == b"desc":
        size = int.from_bytes(tag[8:12], "big")
        text = tag[12 : 12 + min(size, 256)].split(b"\x00")[0].decode("latin-1")
    elif tag[:4] == b"mluc" and len(tag) >= 28:
        size, offset = (int.from_bytes(tag[at : at + 4], "big") for at in (20, 24))
        text = tag[offset : offset + min(size, 512)].decode("utf-16-be", "replace")
    else:
        return None
    return text.strip("\x00 ") or None
