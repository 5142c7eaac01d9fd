"""Presets: targets, and the qualities at which a search begins."""

from itertools import pairwise

import pytest

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.presets import (
    JPEG_QUALITIES,
    USUAL_QUALITIES,
    Rows,
    interpolate,
    start_quality,
    table_start_quality,
    target_score,
    usual_score,
)
from imgproxy_py.engine.quantization_tables import TableName
from options_grammar.options import Preset


@pytest.mark.parametrize(
    ("quality", "dpr", "target"),
    [
        (Preset.LOW, 1.0, 60),
        (Preset.MEDIUM, 1.0, 72),
        (Preset.HIGH, 1.0, 84),
        (Preset.MEDIUM, 1.4, 72),
        (Preset.MEDIUM, 1.5, 66),
        (Preset.MEDIUM, 2.0, 66),
        (Preset.MEDIUM, 2.5, 63),
        (Preset.HIGH, 4.0, 75),
    ],
)
def test_a_preset_asks_less_of_a_dense_screen(quality: Preset, dpr: float, target: float) -> None:
    assert target_score(quality, dpr) == target


@pytest.mark.parametrize("dpr", [1.0, 2.0, 3.0])
def test_a_number_is_the_target_on_every_screen(dpr: float) -> None:
    assert target_score(77, dpr) == 77


@pytest.mark.parametrize("rows", [*USUAL_QUALITIES.values(), *JPEG_QUALITIES.values()])
def test_a_higher_score_never_needs_a_lower_quality(rows: Rows) -> None:
    qualities = [interpolate(rows, target) for target in range(1, 101)]

    assert all(low <= high for low, high in pairwise(qualities))
    assert 1 <= qualities[0] < qualities[-1] <= 100


@pytest.mark.parametrize(
    ("image_format", "target", "quality"),
    [
        (ImageFormat.JPEG, 60, 51),
        (ImageFormat.JPEG, 72, 74),
        pytest.param(ImageFormat.JPEG, 84, 83, id="another table counts otherwise"),
        (ImageFormat.WEBP, 72, 77),
        (ImageFormat.AVIF, 72, 61),
    ],
)
def test_the_start_is_the_measured_median(
    image_format: ImageFormat, target: float, quality: int
) -> None:
    assert start_quality(image_format, target) == quality


@pytest.mark.parametrize("image_format", [ImageFormat.WEBP, ImageFormat.AVIF])
@pytest.mark.parametrize("quality", [20, 41, 58, 72, 90, 98])
def test_a_search_for_the_usual_score_of_a_quality_starts_at_that_quality(
    image_format: ImageFormat, quality: int
) -> None:
    score = usual_score(image_format, quality)

    assert start_quality(image_format, score) == quality


@pytest.mark.parametrize("table", JPEG_QUALITIES)
@pytest.mark.parametrize("target", [60, 72, 84])
def test_each_table_of_a_jpeg_starts_at_its_own_median(table: TableName, target: int) -> None:
    assert table_start_quality(table, target) == dict(JPEG_QUALITIES[table])[target]


def test_the_usual_score_of_a_jpeg_is_that_of_the_tables_that_everybody_uses() -> None:
    assert usual_score(ImageFormat.JPEG, 74) == pytest.approx(72)
    assert usual_score(ImageFormat.JPEG, 90) == pytest.approx(84)
