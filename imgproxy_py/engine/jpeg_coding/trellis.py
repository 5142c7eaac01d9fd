"""Trellis quantization: of all ways to round a block's coefficients the one that is worth its bits.

Each coefficient becomes the nearest level, the next one toward zero, or zero; the cheapest way
through the block is found by dynamic programming (Crouse and Ramchandran, "Joint thresholding and
quantizer selection for transform image coding", IEEE Transactions on Image Processing 6, 1997).
Errors are counted in squares of the table's steps: where a step is coarse the eye forgives more.

A bit costs more where the picture is busy, for what is lost there is masked. mozjpeg's trellis
does not reach so far, and it takes none but its own tables.
"""

import numba
import numpy as np
import numpy.typing as npt

from imgproxy_py.engine.jpeg_coding.blocks import Coefficients
from imgproxy_py.engine.jpeg_coding.entropy import (
    AC_LENGTHS,
    BLOCK,
    END_OF_BLOCK,
    SIXTEEN_ZEROS,
    Levels,
    bits_of,
)
from imgproxy_py.engine.metric.compiled import Floats, compiled, inlined
from imgproxy_py.engine.quantization_tables import Steps

F = np.float32
Links = npt.NDArray[np.void]

# What a bit may cost, in squares of a step. Fitted with the tables for SSIMULACRA2 (benchmarks/
# quality): half or twice as much takes 0.5 % more bytes at equal score.
LUMA_BIT, CHROMA_BIT = 0.045, 0.02
# How the price of a bit grows with a block's energy (squares of gray levels, by coefficient) beyond
# that of the picture's middle block. 0: everywhere the same, which takes 2 % more.
_MASKING = 0.45
_QUIET = 4.0
# T.81, F.1.2.2: levels have ten bits.
_MAX_LEVEL = 1023
_NEVER = F(1e30)
_HALF = F(0.5)


def masked_prices(luma: Coefficients) -> Floats:
    """For each block of luma what a bit may cost."""
    energy = np.square(luma[..., 1:]).mean(axis=2, dtype=np.float64)
    busyness = np.log(energy + _QUIET)
    prices = LUMA_BIT * np.exp(_MASKING * (busyness - busyness.mean()))
    return np.ascontiguousarray(prices, np.float32)


def even_prices(chroma: Coefficients) -> Floats:
    """The same everywhere: nothing was found that foretells where color is masked."""
    return np.full(chroma.shape[:2], CHROMA_BIT, np.float32)


def quantized(blocks: Coefficients, steps: Steps, prices: Floats) -> Levels:
    """Levels in zigzag order; `steps` are in it too, and `prices` hold one for each block."""
    levels = np.empty(blocks.shape, np.int16)
    links = np.zeros(BLOCK, _LINK)
    _write_levels(blocks, np.array(steps, np.float32), prices, _LENGTHS, links, levels)
    return levels


_LENGTHS = AC_LENGTHS.astype(np.float32)

# A way through a block, as a chain of places whose level is not zero; number 0 is DC. By number:
# the place, the level there, the number before it on the cheapest way, and what that costs so far.
_LINK = np.dtype([("place", "i8"), ("level", "i8"), ("before", "i8"), ("cost", "f4")], align=True)
_LINKS = numba.from_dtype(_LINK)


@inlined
def _scale(block: Coefficients, steps: Floats, scaled: Floats, zeroed: Floats) -> None:
    """Magnitudes in steps; and what it costs to make zeros of all that stands before a place."""
    for at in range(1, BLOCK):
        scaled[at] = abs(block[at]) / steps[at]
        zeroed[at + 1] = zeroed[at] + scaled[at] * scaled[at]


@inlined
def _bits_to(at: int, place: int, bits: int, lengths: Floats) -> F:
    """Of the code for a level of `bits` bits at a place, when the last one stood at `place`."""
    run = at - place - 1
    length = lengths[(run & 15) << 4 | bits]
    return F(length + F(run >> 4) * lengths[SIXTEEN_ZEROS])


@inlined
def _reach(
    links: Links, count: int, at: int, scaled: Floats, zeroed: Floats, price: F, lengths: Floats
) -> None:
    """Make link `count` of the cheapest way to a place that has a level."""
    link = links[count]
    link.place, link.cost = at, _NEVER
    nearest = min(int(scaled[at] + _HALF), _MAX_LEVEL)
    for level in range(max(nearest - 1, 1), nearest + 1):
        bits = bits_of(level)
        error = scaled[at] - F(level)
        own = error * error + price * F(bits)
        for number in range(count):
            last = links[number]
            between = last.cost + zeroed[at] - zeroed[last.place + 1]
            cost = between + own + price * _bits_to(at, last.place, bits, lengths)
            if cost < link.cost:
                link.cost, link.before, link.level = cost, number, level


@inlined
def _end(links: Links, count: int, zeroed: Floats, price: F, lengths: Floats) -> int:
    """The number of the last link of the cheapest way through the whole block."""
    best, least = 0, _NEVER
    for number in range(count):
        place = links[number].place
        cost = links[number].cost + zeroed[BLOCK] - zeroed[place + 1]
        if place < BLOCK - 1:
            cost += price * lengths[END_OF_BLOCK]
        if cost < least:
            best, least = number, cost
    return best


@compiled(
    numba.float32[:, :, ::1],
    numba.float32[::1],
    numba.float32[:, ::1],
    numba.float32[::1],
    _LINKS[::1],
    numba.int16[:, :, ::1],
)
def _write_levels(
    blocks: Coefficients,
    steps: Floats,
    prices: Floats,
    lengths: Floats,
    links: Links,
    levels: Levels,
) -> None:
    scaled, zeroed = np.zeros(BLOCK, np.float32), np.zeros(BLOCK + 1, np.float32)
    for row in range(blocks.shape[0]):
        for column in range(blocks.shape[1]):
            block, written, price = blocks[row, column], levels[row, column], prices[row, column]
            _scale(block, steps, scaled, zeroed)
            count = 1
            for at in range(1, BLOCK):
                if scaled[at] >= _HALF:
                    _reach(links, count, at, scaled, zeroed, price, lengths)
                    count += 1
            written[:] = 0
            written[0] = np.int16(np.rint(block[0] / steps[0]))
            number = _end(links, count, zeroed, price, lengths)
            while number > 0:
                link = links[number]
                written[link.place] = link.level if block[link.place] > 0 else -link.level
                number = link.before
