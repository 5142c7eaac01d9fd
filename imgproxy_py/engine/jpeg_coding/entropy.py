"""Entropy coding of a baseline JPEG (ITU-T T.81, F.1.2), with the Huffman tables of its annex K.

One table for DC and one for AC serve every component: whoever rearranges the scans afterwards
makes tables that fit.
"""

import numba
import numpy as np
import numpy.typing as npt

from imgproxy_py.engine.metric.compiled import Bytes, compiled, inlined
from imgproxy_py.engine.quantization_tables import SIDE

Levels = npt.NDArray[np.int16]
Codes = npt.NDArray[np.uint32]

BLOCK = SIDE * SIDE
# Codes of 1 to 16 bits: how many there are of each length, then what they stand for, the shortest
# first (T.81, tables K.3 and K.5). An AC symbol is a run of zeros and the bits of what follows.
DC_COUNTS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
DC_SYMBOLS = bytes(range(12))
AC_COUNTS = (0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125)
AC_SYMBOLS = bytes.fromhex(
    "010203000411051221314106135161072271143281 91a1082342b1c11552d1f02433627282"
    "090a161718191a25262728292a3435363738393a434445464748494a535455565758595a63"
    "6465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6"
    "a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6"
    "e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
END_OF_BLOCK, SIXTEEN_ZEROS = 0x00, 0xF0
# A level has 26 bits at most, the zeros before it three codes of 11; a byte FF is written as two.
_LEVEL_BYTES, _BLOCK_BYTES = 16, 8


def huffman_codes(counts: tuple[int, ...], symbols: bytes) -> tuple[Codes, Codes]:
    """By symbol: the code, and its length in bits, 0 for what has none (T.81, annex C)."""
    codes, lengths = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    code = at = 0
    for length, count in enumerate(counts, 1):
        for symbol in symbols[at : at + count]:
            codes[symbol], lengths[symbol] = code, length
            code += 1
        at += count
        code *= 2
    return codes, lengths


_DC_CODES, _DC_LENGTHS = huffman_codes(DC_COUNTS, DC_SYMBOLS)
_AC_CODES, AC_LENGTHS = huffman_codes(AC_COUNTS, AC_SYMBOLS)


def entropy_coded(planes: list[Levels]) -> bytes:
    """One interleaved scan. `planes` are quantized blocks in zigzag order, (rows, columns, 64); the
    first may be twice as large both ways as the others."""
    luma, *chroma = planes
    bound = sum(
        _LEVEL_BYTES * int(np.count_nonzero(plane)) + _BLOCK_BYTES * (plane.size // BLOCK)
        for plane in planes
    )
    others = np.stack(chroma) if chroma else np.empty((0, 1, 1, BLOCK), np.int16)
    written, end = np.empty(bound + _BLOCK_BYTES, np.uint8), np.zeros(1, np.int64)
    _write_scan(luma, others, _DC_CODES, _DC_LENGTHS, _AC_CODES, AC_LENGTHS, written, end)
    return written[: end[0]].tobytes()


@inlined
def bits_of(level: int) -> int:
    """How many bits a level's magnitude has (T.81, tables F.1 and F.2)."""
    magnitude, bits = abs(level), 0
    while magnitude:
        bits += 1
        magnitude >>= 1
    return bits


@inlined
def _put(written: Bytes, state: npt.NDArray[np.int64], value: int, bits: int) -> None:
    """`state`: bits that wait for their byte, how many they are, and where the next byte goes."""
    state[0] = state[0] << bits | value
    state[1] += bits
    while state[1] >= 8:
        state[1] -= 8
        byte = state[0] >> state[1] & 255
        written[state[2]] = byte
        state[2] += 1
        if byte == 255:  # no marker (T.81, F.1.2.3)
            written[state[2]] = 0
            state[2] += 1
    state[0] &= (1 << state[1]) - 1


@inlined
def _put_level(written: Bytes, state: npt.NDArray[np.int64], level: int, bits: int) -> None:
    """A negative one is written one less, without its sign (T.81, F.1.2.1.1)."""
    _put(written, state, level if level >= 0 else level + (1 << bits) - 1, bits)


@inlined
def _put_block(
    block: Levels,
    before: int,
    codes: tuple[Codes, Codes, Codes, Codes],
    written: Bytes,
    state: npt.NDArray[np.int64],
) -> None:
    """`before` is the DC level of the component's last block."""
    dc_codes, dc_lengths, ac_codes, ac_lengths = codes
    difference = int(block[0]) - before
    bits = bits_of(difference)
    _put(written, state, dc_codes[bits], dc_lengths[bits])
    _put_level(written, state, difference, bits)
    run = 0
    for at in range(1, BLOCK):
        level = int(block[at])
        if level == 0:
            run += 1
            continue
        while run > 15:
            _put(written, state, ac_codes[SIXTEEN_ZEROS], ac_lengths[SIXTEEN_ZEROS])
            run -= 16
        bits = bits_of(level)
        symbol = run << 4 | bits
        _put(written, state, ac_codes[symbol], ac_lengths[symbol])
        _put_level(written, state, level, bits)
        run = 0
    if run:
        _put(written, state, ac_codes[END_OF_BLOCK], ac_lengths[END_OF_BLOCK])


_TABLE = numba.uint32[::1]


@compiled(
    numba.int16[:, :, ::1],
    numba.int16[:, :, :, ::1],
    _TABLE,
    _TABLE,
    _TABLE,
    _TABLE,
    numba.uint8[::1],
    numba.int64[::1],
)
def _write_scan(
    luma: Levels,
    chroma: Levels,
    dc_codes: Codes,
    dc_lengths: Codes,
    ac_codes: Codes,
    ac_lengths: Codes,
    written: Bytes,
    end: npt.NDArray[np.int64],
) -> None:
    """Unit after unit (T.81, A.2.3): the luma blocks of a square, then a block of each chroma."""
    codes = (dc_codes, dc_lengths, ac_codes, ac_lengths)
    state, before = np.zeros(3, np.int64), np.zeros(3, np.int64)
    step = luma.shape[1] // chroma.shape[2] if chroma.shape[0] else 1
    for row in range(luma.shape[0] // step):
        for column in range(luma.shape[1] // step):
            for part in range(step * step):
                block = luma[row * step + part // step, column * step + part % step]
                _put_block(block, before[0], codes, written, state)
                before[0] = block[0]
            for component in range(chroma.shape[0]):
                block = chroma[component, row, column]
                _put_block(block, before[1 + component], codes, written, state)
                before[1 + component] = block[0]
    _put(written, state, 127, 7)  # the last byte is filled with ones
    end[0] = state[2]
