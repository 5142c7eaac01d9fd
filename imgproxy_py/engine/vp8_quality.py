"""A lossy WebP's own quality, read from the header of its VP8 frame (RFC 6386, 9.2 to 9.6)."""

from mmap import mmap

from imgproxy_py.engine.presets import interpolate

# Frame tag, start code, width and height stand before the compressed header (RFC 6386, 9.1).
_KEY_FRAME_HEADER_BYTES = 10
_SEGMENTS = 4
# (quantizer index, quality) of libwebp 1.6, mean of five pictures. Busy pictures get a lower
# index at the same quality, quiet ones a higher: up to 5 steps of quality either way above 70.
_QUALITIES: tuple[tuple[float, float], ...] = (
    (0, 100),
    (1, 98),
    (4.1, 95),
    (8.9, 90),
    (14.3, 85),
    (20.2, 80),
    (26.9, 75),
    (29.2, 70),
    (34.2, 60),
    (39.8, 50),
    (46, 40),
    (53.5, 30),
    (62.7, 20),
    (75.6, 10),
    (101.6, 1),
)


def vp8_quality(data: bytes | mmap) -> float | None:
    """1..100 as libwebp counts, or None for animations and lossless files."""
    index = quantizer_index(data)
    return None if index is None else interpolate(_QUALITIES, index)


class _BoolDecoder:
    """RFC 6386, section 7.3, for the even odds that headers are written in."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._value = int.from_bytes(data[:2], "big")
        self._at = 2
        self._range = 255
        self._shifted = 0

    def flag(self) -> bool:
        split = 1 + ((self._range - 1) * 128 >> 8)
        is_set = self._value >= split << 8
        if is_set:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < 128:
            self._value = self._value << 1
            self._range <<= 1
            self._shifted += 1
            if self._shifted == 8:
                self._shifted = 0
                self._value |= self._data[self._at] if self._at < len(self._data) else 0
                self._at += 1
        return is_set

    def number(self, bits: int) -> int:
        value = 0
        for _ in range(bits):
            value = value << 1 | self.flag()
        return value

    def signed(self, bits: int) -> int:
        value = self.number(bits)
        return -value if self.flag() else value

    def optional(self, bits: int) -> int:
        """A signed number behind a flag, 0 without it."""
        return self.signed(bits) if self.flag() else 0


def quantizer_index(data: bytes | mmap) -> float | None:
    """0..127, the mean over the frame's segments; None when there is no still VP8 frame."""
    frame = _vp8_frame(data)
    if frame is None or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    header = _BoolDecoder(frame[_KEY_FRAME_HEADER_BYTES:])
    header.number(2)  # color space, clamping
    is_absolute, steps = _segment_quantizers(header)
    header.number(1 + 6 + 3)  # loop filter: kind, level, sharpness
    if header.flag() and header.flag():  # loop filter deltas, and new ones
        for _ in range(8):
            header.optional(6)
    header.number(2)  # partitions
    base = header.number(7)
    if not steps:
        return float(base)
    return sum(step if is_absolute else base + step for step in steps) / _SEGMENTS


def _segment_quantizers(header: _BoolDecoder) -> tuple[bool, list[int]]:
    """Whether they replace the frame's quantizer, and one for each segment (RFC 6386, 9.3)."""
    if not header.flag():
        return False, []
    has_map, has_data = header.flag(), header.flag()
    is_absolute, steps = False, []
    if has_data:
        is_absolute = header.flag()
        steps = [header.optional(7) for _ in range(_SEGMENTS)]
        for _ in range(_SEGMENTS):
            header.optional(6)
    if has_map:
        for _ in range(3):
            if header.flag():
                header.number(8)
    return is_absolute, steps


def _vp8_frame(data: bytes | mmap) -> bytes | None:
    """The first kilobyte of the `VP8 ` chunk: the header fits well (RFC 9649, 2.5)."""
    at = 12
    while len(head := data[at : at + 8]) == 8:
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"VP8 ":
            return data[at + 8 : at + 8 + min(length, 1024)]
        if head[:4] == b"ANIM":
            return None
        at += 8 + length + length % 2
    return None
