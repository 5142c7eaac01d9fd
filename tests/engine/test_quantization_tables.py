"""Quantization tables: scaled, ordered and chosen as the standard and our measurements say."""

import io
from itertools import pairwise

import pytest
from PIL import Image

from imgproxy_py.engine.presets import JPEG_QUALITIES
from imgproxy_py.engine.quantization_tables import (
    TABLES,
    TableName,
    scaled,
    trellised_table,
    zigzag,
)

# T.81, figure A.6: the first and the last coefficients, as (row, column).
FIRST = [(0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0)]
LAST = [(7, 5), (6, 6), (5, 7), (6, 7), (7, 6), (7, 7)]


def test_the_order_of_a_file_runs_along_the_diagonals() -> None:
    order = [divmod(at, 8) for at in zigzag(tuple(range(64)))]

    assert order[: len(FIRST)] == FIRST
    assert order[-len(LAST) :] == LAST
    assert len(set(order)) == 64


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 90, 99, 100])
def test_annex_k_is_scaled_as_libjpeg_scales_it(quality: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    written = Image.open(file).quantization  # type: ignore[attr-defined]

    table = TABLES[TableName.ANNEX_K]

    assert list(scaled(table.brightness, quality)) == written[0]
    assert list(scaled(table.color, quality)) == written[1]


@pytest.mark.parametrize("name", TABLES)
def test_a_better_quality_never_has_a_coarser_step(name: TableName) -> None:
    for steps in (TABLES[name].brightness, TABLES[name].color):
        assert len(steps) == 64
        for worse, better in pairwise(scaled(steps, quality) for quality in range(1, 101)):
            assert all(fine <= coarse for coarse, fine in zip(worse, better, strict=True))


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (60, "mozjpeg 5"),
        (72, "mozjpeg 5"),
        (76.9, "mozjpeg 5"),
        (77, "mozjpeg 8"),
        (90, "mozjpeg 8"),
    ],
)
def test_high_targets_get_the_table_that_is_fine_where_the_eye_is(target: float, name: str) -> None:
    assert trellised_table(target) == name


def test_every_table_that_we_write_with_has_qualities_to_begin_a_search_at() -> None:
    before = {TableName.MOZJPEG_2}  # written by earlier versions

    ours = {name for name, table in TABLES.items() if table.is_ours}

    assert set(JPEG_QUALITIES) == ours - before


@pytest.mark.parametrize("target", [40, 60, 72, 90])
def test_drawings_get_it_at_every_target(target: float) -> None:
    assert trellised_table(target, is_graphic=True) == "mozjpeg 8"
