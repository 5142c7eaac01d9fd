"""Small JPEGs take a way of their own, and nobody can tell from the result."""

from typing import Any

import numpy as np
import pytest
import pyvips

from imgproxy_py.engine.decode import decode
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.pipeline import STEPS
from imgproxy_py.engine.plan import make_plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.small_pictures import render_small
from options_grammar.options import Fit, Gravity, Options
from tests.engine.drawing import arriving_source, difference, rendered, rendered_from, source_of
from tests.pictures import landscape

PHOTO = landscape(320, 240)
JPEG: bytes = PHOTO.jpegsave_buffer(Q=85, keep="none")
CROP = {"width": 90, "height": 90, "fit": Fit.CROP}


def small(data: bytes, **options: Any) -> Rendered | None:
    with source_of(data) as source:
        facts = inspect(source, Limits())
        return render_small(source, facts, make_plan(facts, Options(**options)))


def by_libvips(data: bytes, **options: Any) -> pyvips.Image:
    with source_of(data) as source:
        facts = inspect(source, Limits())
        plan = make_plan(facts, Options(**options))
        image = decode(source, facts, plan)
        for step in STEPS:
            image = step(image, plan)
        return image.copy_memory()


def turned() -> bytes:
    image = PHOTO.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    data: bytes = image.jpegsave_buffer()
    return data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(JPEG, id="4:2:0"),
        pytest.param(PHOTO.jpegsave_buffer(Q=95, subsample_mode="off"), id="4:4:4"),
        pytest.param(PHOTO.jpegsave_buffer(interlace=True), id="progressive"),
        pytest.param(PHOTO.colourspace("b-w").jpegsave_buffer(), id="gray"),
        pytest.param(PHOTO.jpegsave_buffer(profile="srgb"), id="with a profile that is sRGB"),
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="full"),
        pytest.param({"width": 160}, id="half"),
        pytest.param({"width": 101}, id="uneven"),
        pytest.param({"width": 40}, id="shrunk while decoded"),
        pytest.param(CROP, id="crop"),
        pytest.param({**CROP, "gravity": Gravity.LEFT}, id="left side"),
        pytest.param({"width": 70, "height": 130, "fit": Fit.STRETCH}, id="stretch"),
    ],
)
def test_it_looks_as_libvips_would_have_made_it(data: bytes, options: dict[str, Any]) -> None:
    expected = by_libvips(data, **options)

    made = small(data, **options)

    assert made is not None
    # Rounding; the stretch is to less than a quarter, where libvips takes a box filter first.
    assert (made.image - expected).abs().max() <= 4
    assert difference(made.image, expected) < 0.4
    assert made.image.interpretation == expected.interpretation
    assert made.is_source_size is (options == {})
    assert made.pixels is not None
    assert bytes(made.pixels) == bytes(made.image.write_to_memory())


@pytest.mark.parametrize(
    ("data", "options"),
    [
        pytest.param(JPEG[:-2000], {"width": 160}, id="cut"),
        pytest.param(turned(), {"width": 160}, id="to be turned"),
        pytest.param(PHOTO.jpegsave_buffer(profile="p3"), {"width": 160}, id="wide colors"),
        pytest.param(PHOTO.colourspace("cmyk").jpegsave_buffer(), {"width": 160}, id="CMYK"),
        pytest.param(PHOTO.pngsave_buffer(), {"width": 160}, id="PNG"),
        pytest.param(PHOTO.resize(2.5).jpegsave_buffer(), {"width": 160}, id="not so small"),
        pytest.param(JPEG + bytes(1 << 20), {"width": 160}, id="a small picture in a large file"),
        pytest.param(JPEG, {"width": 400, "fit": Fit.FIT}, id="to be enlarged"),
        pytest.param(JPEG, {"width": 90, "height": 90, "fit": Fit.PAD}, id="pad"),
        pytest.param(JPEG, {**CROP, "gravity": Gravity.AUTO}, id="crop=auto"),
        pytest.param(JPEG, {"trims_border": True}, id="trim"),
    ],
)
def test_this_is_left_to_libvips(data: bytes, options: dict[str, Any]) -> None:
    assert small(data, **options) is None


def test_a_small_picture_that_is_cut_is_refused_as_a_large_one_is() -> None:
    with pytest.raises(BrokenImage, match="premature end"):
        rendered(JPEG[:-2000], width=160)


def test_it_does_not_matter_whether_the_source_was_there_or_still_arrived() -> None:
    with arriving_source(JPEG) as (source, _):
        arrived = rendered_from(source, Options(width=150))

    assert np.array_equal(arrived.image.numpy(), rendered(JPEG, width=150).image.numpy())
