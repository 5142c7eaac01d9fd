"""The base quantizer of a still AV1 picture, as far into its headers as that takes.

AV1 Bitstream & Decoding Process Specification: 5.5 (sequence header), 5.9 (frame header). Only
what still pictures use is understood; anything else gives up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from imgproxy_py.engine.bits import BitReader

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_KEY_FRAME = 0
# seq_force_screen_content_tools and seq_force_integer_mv: decided by each frame.
_SELECT = 2
_MAX_TILE_WIDTH, _MAX_TILE_AREA, _MAX_TILES = 4096, 4096 * 2304, 64


class UnusualHeaderError(ValueError):
    """The stream uses what still pictures do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sequence:
    is_still: bool
    width: int
    height: int
    has_large_blocks: bool
    screen_content: int
    integer_mv: int
    order_hint_bits: int
    has_superres: bool
    side_bits: tuple[int, int]


def base_quantizer_index(stream: bytes) -> int:
    """0..255 (base_q_idx) of the first frame; raises UnusualHeaderError."""
    sequence: _Sequence | None = None
    for kind, body in _units(stream):
        if kind == _SEQUENCE_HEADER:
            sequence = _sequence(BitReader(body))
        elif kind in (_FRAME_HEADER, _FRAME) and sequence is not None:
            return _frame_quantizer(BitReader(body), sequence)
    raise UnusualHeaderError("no frame")


def _units(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each open bitstream unit (5.3)."""
    at = 0
    while at < len(stream):
        header = stream[at]
        at += 2 if header & 4 else 1
        if not header & 2:
            raise UnusualHeaderError("a unit without its size")
        size = shift = 0
        while at < len(stream):
            byte = stream[at]
            at += 1
            size |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                break
        yield header >> 3 & 15, stream[at : at + size]
        at += size


def _sequence(read: BitReader) -> _Sequence:
    read.number(3)  # profile
    read.flag()  # still_picture
    is_still = read.flag()  # reduced_still_picture_header
    if is_still:
        read.number(5)  # level
    else:
        _skip_operating_points(read)
    side_bits = (read.number(4) + 1, read.number(4) + 1)
    width, height = read.number(side_bits[0]) + 1, read.number(side_bits[1]) + 1
    if not is_still and read.flag():
        raise UnusualHeaderError("frame ids")
    has_large_blocks = read.flag()
    read.number(2)  # filter intra, intra edge filter
    order_hint_bits, screen_content, integer_mv = 0, _SELECT, _SELECT
    if not is_still:
        order_hint_bits, screen_content, integer_mv = _inter_tools(read)
    return _Sequence(
        is_still=is_still,
        width=width,
        height=height,
        has_large_blocks=has_large_blocks,
        screen_content=screen_content,
        integer_mv=integer_mv,
        order_hint_bits=order_hint_bits,
        has_superres=read.flag(),
        side_bits=side_bits,
    )


def _skip_operating_points(read: BitReader) -> None:
    if read.flag() or read.flag():
        raise UnusualHeaderError("timing information")
    for _ in range(read.number(5) + 1):
        read.number(12)
        if read.number(5) > 7:
            read.flag()  # tier


def _inter_tools(read: BitReader) -> tuple[int, int, int]:
    """Order hint bits, screen content tools, integer motion vectors."""
    read.number(4)  # compound and warped motion
    has_order_hint = read.flag()
    if has_order_hint:
        read.number(2)
    screen_content = _SELECT if read.flag() else read.number(1)
    integer_mv = _SELECT
    if screen_content and not read.flag():
        integer_mv = read.number(1)
    return (read.number(3) + 1 if has_order_hint else 0), screen_content, integer_mv


def _frame_quantizer(read: BitReader, sequence: _Sequence) -> int:
    # Otherwise: show_existing_frame, frame_type, show_frame.
    if not sequence.is_still and (read.flag() or read.number(2) != _KEY_FRAME or not read.flag()):
        raise UnusualHeaderError("not a shown key frame")
    has_frozen_cdf = read.flag()
    allows_screen = sequence.screen_content
    if allows_screen == _SELECT:
        allows_screen = read.number(1)
    if allows_screen and sequence.integer_mv == _SELECT:
        read.flag()
    has_other_size = not sequence.is_still and read.flag()
    read.number(sequence.order_hint_bits)
    if has_other_size:
        raise UnusualHeaderError("a frame of another size")
    if sequence.has_superres and read.flag():
        raise UnusualHeaderError("super-resolution")
    if read.flag():
        read.number(32)  # render size
    if allows_screen:
        read.flag()  # intra block copy
    if not (sequence.is_still or has_frozen_cdf):
        read.flag()  # disable_frame_end_update_cdf
    _skip_tiles(read, sequence)
    return read.number(8)


def _skip_tiles(read: BitReader, sequence: _Sequence) -> None:
    """5.9.15; tiles of even size only."""
    shift = 7 if sequence.has_large_blocks else 6
    # Superblocks are counted from sides rounded up to 8 pixels, which changes nothing here.
    columns, rows = -(-sequence.width // (1 << shift)), -(-sequence.height // (1 << shift))
    if not read.flag():
        raise UnusualHeaderError("tiles of uneven size")
    least = _log2(_MAX_TILE_WIDTH >> shift, columns)
    tile_columns = _increment(read, least, _log2(1, min(columns, _MAX_TILES)))
    least_tiles = max(least, _log2(_MAX_TILE_AREA >> 2 * shift, rows * columns))
    tile_rows = _increment(
        read, max(least_tiles - tile_columns, 0), _log2(1, min(rows, _MAX_TILES))
    )
    if tile_columns or tile_rows:
        read.number(tile_columns + tile_rows + 2)


def _increment(read: BitReader, value: int, highest: int) -> int:
    while value < highest and read.flag():
        value += 1
    return value


def _log2(block: int, target: int) -> int:
    """The smallest k for which block << k is at least target (tile_log2)."""
    k = 0
    while block << k < target:
        k += 1
    return k
