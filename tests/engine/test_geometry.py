"""Device pixels of every mode, as plain arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.geometry import Box, Size, device_pixels, geometry
from options_grammar.options import Fit, FocalPoint, Gravity, Options

WIDE = Size(width=1000, height=500)


@pytest.mark.parametrize(
    ("options", "resized"),
    [
        pytest.param(Options(), (1000, 500), id="full"),
        pytest.param(Options(dpr=2), (1000, 500), id="full,2x resizes nothing"),
        pytest.param(Options(width=500), (500, 250), id="a width alone"),
        pytest.param(Options(width=333), (333, 167), id="a half pixel is rounded up"),
        pytest.param(Options(width=250, dpr=2), (500, 250), id="dpr multiplies"),
        pytest.param(Options(width=101, dpr=1.5), (152, 76), id="a broken dpr"),
        pytest.param(Options(width=2000), (1000, 500), id="scale-down never enlarges"),
        pytest.param(Options(width=400, height=400), (400, 200), id="the width limits"),
        pytest.param(Options(width=400, height=100), (200, 100), id="the height limits"),
        pytest.param(
            Options(width=2000, height=2000, fit=Fit.FIT), (2000, 1000), id="fit enlarges"
        ),
        pytest.param(Options(width=2000, fit=Fit.FIT), (2000, 1000), id="fit by width enlarges"),
        pytest.param(Options(width=30, height=90, fit=Fit.STRETCH), (30, 90), id="stretch"),
        pytest.param(Options(width=1, height=1), (1, 1), id="no side is ever 0"),
    ],
)
def test_the_picture_gets_this_size(options: Options, resized: tuple[int, int]) -> None:
    planned = geometry(WIDE, options)

    assert (planned.resized.width, planned.resized.height) == resized
    assert planned.result == planned.resized


@pytest.mark.parametrize(
    ("gravity", "left"),
    [
        pytest.param(Gravity.CENTER, 50, id="center"),
        pytest.param(Gravity.LEFT, 0, id="left"),
        pytest.param(Gravity.RIGHT, 100, id="right"),
        pytest.param(Gravity.TOP, 50, id="top centers what is too wide"),
        pytest.param(FocalPoint(x=0, y=0), 0, id="a focal point on the edge"),
        pytest.param(FocalPoint(x=0.4, y=0), 30, id="a focal point comes to the middle"),
        pytest.param(FocalPoint(x=1, y=1), 100, id="a focal point on the other edge"),
    ],
)
def test_a_crop_keeps_this_part(gravity: Gravity | FocalPoint, left: int) -> None:
    options = Options(width=100, height=100, fit=Fit.CROP, gravity=gravity)

    planned = geometry(WIDE, options)

    assert planned.resized == Size(width=200, height=100)
    assert planned.crop == Box(left=left, top=0, width=100, height=100)


def test_crop_enlarges_a_picture_that_does_not_fill_the_box() -> None:
    options = Options(width=100, height=100, dpr=2, fit=Fit.CROP)

    planned = geometry(Size(width=50, height=100), options)

    assert planned.resized == Size(width=200, height=400)
    assert planned.crop == Box(left=0, top=100, width=200, height=200)


def test_crop_auto_leaves_the_choice_to_the_picture() -> None:
    options = Options(width=100, height=100, fit=Fit.CROP, gravity=Gravity.AUTO)

    assert geometry(WIDE, options).attention == Size(width=100, height=100)


def test_pad_enlarges_the_canvas_and_not_the_picture() -> None:
    options = Options(width=1200, height=1201, fit=Fit.PAD)

    planned = geometry(WIDE, options)

    assert planned.resized == WIDE
    assert planned.canvas == Box(left=100, top=350, width=1200, height=1201)


sides = st.integers(1, 10_000)
box_sides = st.integers(1, 10_000)
dprs = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.3, 4.0])
fractions = st.floats(0, 1)


@given(sides, sides, box_sides, box_sides, dprs, fractions, fractions)
def test_a_crop_has_exactly_the_asked_for_size_and_holds_the_focal_point(
    width: int, height: int, box_width: int, box_height: int, dpr: float, x: float, y: float
) -> None:
    options = Options(
        width=box_width, height=box_height, dpr=dpr, fit=Fit.CROP, gravity=FocalPoint(x=x, y=y)
    )

    planned = geometry(Size(width=width, height=height), options)

    assert planned.result.width == device_pixels(box_width, dpr)
    assert planned.result.height == device_pixels(box_height, dpr)
    box = planned.crop or Box(
        left=0, top=0, width=planned.result.width, height=planned.result.height
    )
    assert 0 <= box.left <= x * planned.resized.width <= box.left + box.width
    assert box.left + box.width <= planned.resized.width
    assert 0 <= box.top <= y * planned.resized.height <= box.top + box.height
    assert box.top + box.height <= planned.resized.height


@given(sides, sides, box_sides, st.none() | box_sides, dprs, st.sampled_from(list(Fit)))
def test_no_mode_ever_makes_an_empty_side_or_leaves_the_box(
    width: int, height: int, box_width: int, box_height: int | None, dpr: float, fit: Fit
) -> None:
    if box_height is None:
        fit = Fit.FIT
    options = Options(width=box_width, height=box_height, dpr=dpr, fit=fit)

    result = geometry(Size(width=width, height=height), options).result

    assert 1 <= result.width <= device_pixels(box_width, dpr)
    assert result.height >= 1
    if box_height is not None:
        assert result.height <= device_pixels(box_height, dpr)


@pytest.mark.parametrize(
    ("picture", "options", "resized"),
    [
        ((640, 427), Options(width=200), (200, 133)),
        ((1920, 1080), Options(width=333), (333, 187)),
        ((978, 720), Options(width=400), (400, 294)),
        ((427, 640), Options(height=200), (133, 200)),
        ((427, 640), Options(height=100, dpr=2), (133, 200)),
        ((640, 427), Options(width=200, height=133), (199, 133)),
    ],
)
def test_one_side_alone_is_met_exactly(
    picture: tuple[int, int], options: Options, resized: tuple[int, int]
) -> None:
    planned = geometry(Size(width=picture[0], height=picture[1]), options)

    assert (planned.resized.width, planned.resized.height) == resized


@given(sides, sides, box_sides, dprs)
def test_a_width_alone_is_met_exactly_or_the_picture_is_smaller(
    width: int, height: int, asked: int, dpr: float
) -> None:
    resized = geometry(Size(width=width, height=height), Options(width=asked, dpr=dpr)).resized

    assert resized.width == min(width, device_pixels(asked, dpr))


@given(sides, sides, box_sides, box_sides, st.sampled_from([Fit.SCALE_DOWN, Fit.PAD]))
def test_scale_down_and_pad_never_enlarge_the_picture(
    width: int, height: int, box_width: int, box_height: int, fit: Fit
) -> None:
    options = Options(width=box_width, height=box_height, fit=fit)

    resized = geometry(Size(width=width, height=height), options).resized

    assert resized.width <= width
    assert resized.height <= height
