"""EXIF orientation: eight ways to store one picture, and one way to see it."""

from pathlib import Path

import pytest
import pyvips

from options_grammar.options import Fit, Gravity, Options
from tests.engine.drawing import (
    BLUE,
    GREEN,
    RED,
    RGB,
    YELLOW,
    color_at,
    difference,
    is_near,
    quarters,
    rendered,
    rendered_from,
    size,
    source_at,
)

# Upright corners (top left, top right, bottom left, bottom right) of a picture stored as
# red, green / blue, yellow: EXIF 2.32, tag 0x0112.
UPRIGHT: dict[int, list[RGB]] = {
    1: [RED, GREEN, BLUE, YELLOW],
    2: [GREEN, RED, YELLOW, BLUE],
    3: [YELLOW, BLUE, GREEN, RED],
    4: [BLUE, YELLOW, RED, GREEN],
    5: [RED, BLUE, GREEN, YELLOW],
    6: [BLUE, RED, YELLOW, GREEN],
    7: [YELLOW, GREEN, BLUE, RED],
    8: [GREEN, YELLOW, RED, BLUE],
}
WAYS = ((0.05, 0.05), (0.95, 0.05), (0.05, 0.95), (0.95, 0.95))


def stored(orientation: int, save: str = "jpegsave_buffer") -> bytes:
    image = quarters(400, 200).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    data: bytes = getattr(image, save)()
    return data


def corners(image: pyvips.Image) -> list[RGB]:
    return [color_at(image, x, y) for x, y in WAYS]


@pytest.mark.parametrize(
    "save", ["jpegsave_buffer", "pngsave_buffer", "webpsave_buffer", "tiffsave_buffer"]
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_stand_upright_and_size_turns_with_them(orientation: int, save: str) -> None:
    result = rendered(stored(orientation, save), width=100)

    assert size(result) == ((100, 50) if orientation < 5 else (100, 200))
    assert all(map(is_near, corners(result.image), UPRIGHT[orientation]))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_keeps_the_side_that_a_viewer_calls_top(orientation: int) -> None:
    result = rendered(stored(orientation), width=100, height=20, fit=Fit.CROP, gravity=Gravity.TOP)

    left, right = UPRIGHT[orientation][:2]
    assert size(result) == (100, 20)
    assert all(map(is_near, corners(result.image), [left, right, left, right]))


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_illegal_orientation_is_ignored(value: int, corpus: Path) -> None:
    with source_at(corpus / "hostile" / f"jpeg_exif_orientation_{value}.jpg") as source:
        assert size(rendered_from(source, Options())) == (16, 12)


@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_all_orientations_of_a_photograph_show_the_same_picture(shape: str, corpus: Path) -> None:
    with source_at(corpus / "orientation" / f"{shape}_1.jpg") as source:
        upright = rendered_from(source, Options(width=300))
    for number in range(2, 9):
        with source_at(corpus / "orientation" / f"{shape}_{number}.jpg") as source:
            result = rendered_from(source, Options(width=300))

        # Eight files, each compressed anew in its own direction.
        assert difference(result.image, upright.image) < 3, number
