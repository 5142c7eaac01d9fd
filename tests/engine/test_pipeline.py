"""Every fit and gravity on real pixels: exact sizes, and *which* part was kept."""

from typing import Any

import pytest
import pyvips

from imgproxy_py.engine.errors import ImpossibleResult
from options_grammar.options import Color, Fit, FocalPoint, Gravity
from tests.engine.drawing import (
    BLUE,
    GREEN,
    QUARTERS,
    RED,
    RGB,
    YELLOW,
    color_at,
    corners,
    difference,
    gradient,
    is_near,
    plain,
    quarters,
    rendered,
    size,
)

PNG: bytes = quarters(400, 200).pngsave_buffer()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, (400, 200), id="full"),
        pytest.param({"dpr": 2.0}, (400, 200), id="full,2x"),
        pytest.param({"width": 100}, (100, 50), id="100"),
        pytest.param({"width": 100, "dpr": 2.0}, (200, 100), id="100,2x"),
        pytest.param({"width": 90, "height": 90}, (90, 45), id="90x90"),
        pytest.param({"width": 900, "height": 900}, (400, 200), id="900x900"),
        pytest.param({"width": 900, "height": 900, "fit": Fit.FIT}, (900, 450), id="900x900,fit"),
        pytest.param({"width": 70, "height": 130, "fit": Fit.STRETCH}, (70, 130), id="stretch"),
    ],
)
def test_the_whole_picture_is_shown_at_this_size(
    options: dict[str, Any], expected: tuple[int, int]
) -> None:
    result = rendered(PNG, **options)

    assert size(result) == expected
    assert all(map(is_near, corners(result.image), QUARTERS))


@pytest.mark.parametrize(
    ("gravity", "kept"),
    [
        pytest.param(Gravity.CENTER, [RED, GREEN, BLUE, YELLOW], id="center"),
        pytest.param(Gravity.LEFT, [RED, RED, BLUE, BLUE], id="left"),
        pytest.param(Gravity.RIGHT, [GREEN, GREEN, YELLOW, YELLOW], id="right"),
        pytest.param(FocalPoint(x=0.1, y=0.5), [RED, RED, BLUE, BLUE], id="focal point"),
    ],
)
def test_a_crop_of_a_wide_picture_keeps_this_side(
    gravity: Gravity | FocalPoint, kept: list[RGB]
) -> None:
    result = rendered(PNG, width=60, height=60, dpr=1.5, fit=Fit.CROP, gravity=gravity)

    assert size(result) == (90, 90)
    assert all(map(is_near, corners(result.image), kept))


@pytest.mark.parametrize(
    ("gravity", "kept"),
    [
        pytest.param(Gravity.TOP, [RED, GREEN, RED, GREEN], id="top"),
        pytest.param(Gravity.BOTTOM, [BLUE, YELLOW, BLUE, YELLOW], id="bottom"),
        pytest.param(FocalPoint(x=0.5, y=0.9), [BLUE, YELLOW, BLUE, YELLOW], id="focal point"),
    ],
)
def test_a_crop_of_a_tall_box_keeps_this_side(
    gravity: Gravity | FocalPoint, kept: list[RGB]
) -> None:
    result = rendered(PNG, width=400, height=80, fit=Fit.CROP, gravity=gravity)

    assert size(result) == (400, 80)
    assert all(map(is_near, corners(result.image), kept))


@pytest.mark.parametrize("side", [0, 1])
def test_crop_auto_keeps_what_stands_out(side: int) -> None:
    ground = plain(600, 200, (235, 235, 235))
    detail = (gradient(120, 120) + pyvips.Image.gaussnoise(120, 120, sigma=40, seed=3)).cast(
        "uchar"
    )
    picture = ground.insert(detail, 20 + side * 440, 40)

    result = rendered(
        picture.pngsave_buffer(), width=200, height=200, fit=Fit.CROP, gravity=Gravity.AUTO
    )

    assert size(result) == (200, 200)
    # All of the detail is inside: 120x120 of 200x200 pixels are not ground.
    busy = float(((result.image - [235, 235, 235]).abs()[0] > 8).avg()) / 255
    assert busy > 0.25


def test_crop_enlarges_a_small_picture_to_the_exact_box() -> None:
    assert size(rendered(PNG, width=700, height=600, fit=Fit.CROP)) == (700, 600)


def test_pad_centers_the_picture_on_the_background_without_enlarging_it() -> None:
    result = rendered(
        PNG, width=500, height=400, fit=Fit.PAD, background=Color(red=10, green=20, blue=30)
    )

    assert size(result) == (500, 400)
    assert set(corners(result.image)) == {(10, 20, 30)}
    kept = result.image.crop(50, 100, 400, 200)
    assert difference(kept, quarters(400, 200)) == 0


def test_a_colored_pad_around_a_gray_picture_is_colored() -> None:
    gray: bytes = plain(50, 50, (90,)).pngsave_buffer()

    result = rendered(
        gray, width=100, height=50, fit=Fit.PAD, background=Color(red=200, green=0, blue=0)
    )

    assert color_at(result.image, 0.05, 0.5) == (200, 0, 0)
    assert color_at(result.image, 0.5, 0.5) == (90, 90, 90)


def test_only_a_request_that_moves_no_pixel_has_the_source_size() -> None:
    assert rendered(PNG).is_source_size
    assert rendered(PNG, width=400).is_source_size
    assert rendered(PNG, width=4000, height=4000).is_source_size
    assert rendered(PNG, trims_border=True).is_source_size  # there was no border
    assert not rendered(PNG, width=399).is_source_size
    assert not rendered(PNG, width=400, height=201, fit=Fit.PAD).is_source_size
    assert not rendered(PNG, width=200, height=200, fit=Fit.CROP).is_source_size


def test_a_result_of_more_than_100_megapixels_is_not_begun() -> None:
    with pytest.raises(ImpossibleResult, match="at most 100000000 are made"):
        rendered(PNG, width=10_000, height=10_000, dpr=4.0, fit=Fit.STRETCH)
