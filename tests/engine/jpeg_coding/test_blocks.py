"""From pixels to coefficients, beside the definition of the transform."""

import math

import numpy as np
import pytest

from imgproxy_py.engine.jpeg_coding.blocks import coefficients
from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.quantization_tables import zigzag

NOISE = np.random.default_rng(7).integers(0, 256, (24, 40, 3), dtype=np.uint8)


def plain(color: tuple[int, ...], rows: int = 16, columns: int = 16) -> Bytes:
    return np.full((rows, columns, len(color)), color, np.uint8)


def transformed(square: Bytes) -> list[float]:
    """T.81, A.3.3, word for word: S(v, u) of one block of gray samples, in zigzag order."""

    def scale(frequency: int) -> float:
        return 1 / math.sqrt(2) if frequency == 0 else 1.0

    def cosine(place: int, frequency: int) -> float:
        return math.cos((2 * place + 1) * frequency * math.pi / 16)

    return [
        scale(u)
        * scale(v)
        / 4
        * sum(
            (float(square[y, x]) - 128) * cosine(x, u) * cosine(y, v)
            for y in range(8)
            for x in range(8)
        )
        for v, u in (divmod(at, 8) for at in zigzag(tuple(range(64))))
    ]


def test_a_block_has_the_coefficients_of_the_standard() -> None:
    gray = np.ascontiguousarray(NOISE[:8, :8, :1])

    (luma,) = coefficients(gray, is_full_chroma=False)

    assert luma.shape == (1, 1, 64)
    assert luma[0, 0] == pytest.approx(transformed(gray[..., 0]), abs=0.01)


def test_no_energy_is_lost_or_won() -> None:
    gray = np.ascontiguousarray(NOISE[..., :1])

    (luma,) = coefficients(gray, is_full_chroma=False)

    energy = float(np.square(gray.astype(np.float64) - 128).sum())
    assert float(np.square(luma.astype(np.float64)).sum()) == pytest.approx(energy, rel=1e-5)


@pytest.mark.parametrize(
    ("color", "levels"),
    [
        pytest.param((128, 128, 128), (0, 0, 0), id="gray"),
        pytest.param((255, 255, 255), (127, 0, 0), id="white"),
        # JFIF 1.02: Y = 0.299 R + 0.587 G + 0.114 B, Cb and Cr around it.
        pytest.param((255, 0, 0), (76.245 - 128, -43.028, 127.5), id="red"),
        pytest.param((0, 0, 255), (29.07 - 128, 127.5, -20.735), id="blue"),
    ],
)
@pytest.mark.parametrize("is_full_chroma", [False, True])
def test_one_color_has_nothing_but_its_mean(
    color: tuple[int, ...], levels: tuple[float, ...], is_full_chroma: bool
) -> None:
    planes = coefficients(plain(color), is_full_chroma=is_full_chroma)

    for plane, level in zip(planes, levels, strict=True):
        assert plane[..., 0] == pytest.approx(8 * level, abs=0.02)
        assert np.abs(plane[..., 1:]).max() < 0.01


@pytest.mark.parametrize(
    ("rows", "columns", "luma", "chroma"),
    [
        pytest.param(1, 1, (2, 2), (1, 1), id="one pixel"),
        pytest.param(16, 16, (2, 2), (1, 1), id="whole"),
        pytest.param(17, 33, (4, 6), (2, 3), id="begun"),
    ],
)
def test_halved_chroma_fills_squares_of_four_blocks_of_luma(
    rows: int, columns: int, luma: tuple[int, int], chroma: tuple[int, int]
) -> None:
    planes = coefficients(plain((9, 80, 200), rows, columns), is_full_chroma=False)

    assert [plane.shape[:2] for plane in planes] == [luma, chroma, chroma]


def test_a_picture_goes_on_beyond_its_edge() -> None:
    """The last row and column are repeated: no step to code."""
    planes = coefficients(plain((9, 80, 200), 13, 21), is_full_chroma=True)

    assert all(np.abs(plane[..., 1:]).max() < 0.01 for plane in planes)
