"""Trellis quantization, beside all the ways there are."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from imgproxy_py.engine.jpeg_coding.blocks import Coefficients
from imgproxy_py.engine.jpeg_coding.entropy import AC_LENGTHS, BLOCK
from imgproxy_py.engine.jpeg_coding.trellis import (
    CHROMA_BIT,
    LUMA_BIT,
    even_prices,
    masked_prices,
    quantized,
)

STEPS = tuple(range(10, 10 + BLOCK))
NUMBERS = np.random.default_rng(3)


def noise(rows: int, columns: int, spread: float) -> Coefficients:
    return NUMBERS.normal(0, spread, (rows, columns, BLOCK)).astype(np.float32)


def prices(blocks: Coefficients, price: float) -> npt.NDArray[np.float32]:
    return np.full(blocks.shape[:2], price, np.float32)


def bits(levels: tuple[int, ...]) -> int:
    """T.81, F.1.2.2, of the AC levels of a block."""
    spent = run = 0
    for level in levels:
        if level == 0:
            run += 1
            continue
        size = abs(level).bit_length()
        spent += run // 16 * int(AC_LENGTHS[0xF0]) + int(AC_LENGTHS[run % 16 << 4 | size]) + size
        run = 0
    return spent + (int(AC_LENGTHS[0x00]) if run else 0)


def cost(scaled: npt.NDArray[np.float64], levels: tuple[int, ...], price: float) -> float:
    return float(np.square(scaled[1:] - levels).sum()) + price * bits(levels)


def test_where_bits_are_free_every_coefficient_is_rounded() -> None:
    blocks = noise(3, 5, 60.0)

    levels = quantized(blocks, STEPS, prices(blocks, 0.0))

    assert np.array_equal(levels, np.rint(blocks / np.array(STEPS, np.float32)))


@pytest.mark.parametrize("price", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(6))
def test_no_way_through_a_block_is_cheaper(price: float, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    block = np.zeros((1, 1, BLOCK), np.float32)
    places = numbers.choice(np.arange(1, BLOCK), 6, replace=False)
    block[0, 0, places] = numbers.normal(0, 60, 6)
    scaled = block[0, 0].astype(np.float64) / STEPS

    levels = quantized(block, STEPS, prices(block, price))

    nearest = [int(level) for level in np.rint(scaled[1:])]
    ways = itertools.product(
        *[sorted({0, level, level - int(np.sign(level))}) for level in nearest]
    )
    least = min(cost(scaled, way, price) for way in ways)
    found = tuple(int(level) for level in levels[0, 0, 1:])
    assert cost(scaled, found, price) == pytest.approx(least, rel=1e-4)


def test_dearer_bits_are_fewer_and_the_mean_stays() -> None:
    blocks = noise(4, 4, 40.0)

    spent = []
    for price in (0.0, 0.02, 0.05, 0.2, 10.0):
        levels = quantized(blocks, STEPS, prices(blocks, price))
        assert np.array_equal(levels[..., 0], np.rint(blocks[..., 0] / STEPS[0]))
        spent.append(sum(bits(tuple(block[1:])) for row in levels for block in row.tolist()))

    assert spent == sorted(spent, reverse=True)
    assert len(set(spent)) == len(spent)


def test_levels_keep_their_signs() -> None:
    blocks = noise(2, 2, 300.0)

    levels = quantized(blocks, STEPS, prices(blocks, LUMA_BIT))

    assert np.array_equal(quantized(-blocks, STEPS, prices(blocks, LUMA_BIT)), -levels)
    assert (levels * blocks >= 0).all()
    assert (levels < 0).any()


def test_no_level_has_more_than_ten_bits() -> None:
    blocks = np.full((1, 1, BLOCK), -1200.0, np.float32)
    blocks[..., 0] = 0

    levels = quantized(blocks, (1,) * BLOCK, prices(blocks, 0.0))

    assert levels[0, 0].tolist() == [0, *[-1023] * (BLOCK - 1)]


def test_bits_are_dear_where_the_picture_is_busy() -> None:
    blocks = np.zeros((1, 4, BLOCK), np.float32)
    for column, spread in enumerate((0.0, 1.0, 10.0, 100.0)):
        blocks[0, column] = noise(1, 1, spread)[0, 0]

    found = masked_prices(blocks)[0]

    assert list(found) == sorted(found)
    assert found[0] < LUMA_BIT < found[3]


def test_where_all_is_alike_every_bit_costs_the_same() -> None:
    blocks = np.broadcast_to(noise(1, 1, 20.0), (2, 3, BLOCK)).copy()

    assert masked_prices(blocks) == pytest.approx(LUMA_BIT)
    assert even_prices(blocks) == pytest.approx(CHROMA_BIT)
    assert even_prices(blocks).shape == masked_prices(blocks).shape == (2, 3)
