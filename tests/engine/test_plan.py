"""The plan: what is decided before the first pixel."""

import dataclasses

import pytest

from imgproxy_py.engine.decode import jpeg_shrink, webp_scale
from imgproxy_py.engine.errors import ImpossibleResult
from imgproxy_py.engine.estimate import estimate_memory
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.geometry import Box, Size
from imgproxy_py.engine.plan import make_plan
from options_grammar.options import Fit, Format, Options, Preset

PHOTO = SourceFacts(format=ImageFormat.JPEG, width=4000, height=3000)


@pytest.mark.parametrize(
    ("options", "shrink"),
    [
        pytest.param(Options(width=500), 4, id="8 times smaller: 4, and twice by Lanczos"),
        pytest.param(Options(width=250), 8, id="16 times"),
        pytest.param(Options(width=10), 8, id="libjpeg shrinks by 8 at most"),
        pytest.param(Options(width=501), 2, id="a little less than 8 times"),
        pytest.param(Options(width=1100), 1, id="less than 4 times"),
        pytest.param(Options(width=500, height=500, fit=Fit.CROP), 2, id="a crop fills its box"),
        pytest.param(Options(width=500, height=3000, fit=Fit.STRETCH), 1, id="one side stays"),
        pytest.param(Options(), 1, id="full"),
        pytest.param(Options(width=500, trims_border=True), 1, id="a trim sees every pixel"),
    ],
)
def test_a_jpeg_is_shrunk_on_load_by_this_factor(options: Options, shrink: int) -> None:
    assert jpeg_shrink(make_plan(PHOTO, options)) == shrink


def test_a_webp_is_decoded_at_twice_the_size_that_is_wanted() -> None:
    webp = dataclasses.replace(PHOTO, format=ImageFormat.WEBP)

    assert webp_scale(make_plan(webp, Options(width=500))) == pytest.approx(0.25, rel=0.01)
    assert webp_scale(make_plan(webp, Options(width=1500))) == 1


def test_a_turned_picture_is_resized_as_stored_and_cut_as_seen() -> None:
    turned = dataclasses.replace(PHOTO, orientation=6)

    plan = make_plan(turned, Options(width=300, height=300, fit=Fit.CROP))

    assert plan.resized == Size(width=400, height=300)
    assert plan.crop == Box(left=0, top=50, width=300, height=300)


def test_after_a_trim_the_same_options_are_planned_for_what_is_left() -> None:
    plan = make_plan(PHOTO, Options(width=500, trims_border=True))

    again = plan.for_trimmed(Size(width=1000, height=2000))

    assert again.resized == Size(width=500, height=1000)
    assert again.moves_pixels


def test_depth_is_kept_only_where_no_pixel_changes_and_the_format_holds_it() -> None:
    lossless = Options(quality=Preset.LOSSLESS)

    assert make_plan(PHOTO, lossless).keeps_depth
    assert not make_plan(PHOTO, dataclasses.replace(lossless, format=Format.WEBP)).keeps_depth
    assert not make_plan(PHOTO, dataclasses.replace(lossless, width=10)).keeps_depth
    assert not make_plan(PHOTO, Options()).keeps_depth


def test_colors_are_converted_unless_they_are_srgb_already() -> None:
    wide = dataclasses.replace(PHOTO, has_icc=True)
    srgb = dataclasses.replace(PHOTO, has_icc=True, has_srgb_profile=True)
    cmyk = dataclasses.replace(PHOTO, is_cmyk=True, bands=4)

    assert not make_plan(PHOTO, Options()).converts_color
    assert make_plan(wide, Options()).converts_color
    assert not make_plan(srgb, Options()).converts_color
    assert make_plan(cmyk, Options()).converts_color


def test_a_result_over_100_megapixels_is_refused_with_both_figures() -> None:
    with pytest.raises(ImpossibleResult) as refusal:
        make_plan(PHOTO, Options(width=10_000, height=5_000, dpr=2.0, fit=Fit.STRETCH))

    assert str(refusal.value) == (
        "the result would be 20000x10000, 200000000 pixels; at most 100000000 are made"
    )


def test_a_streamed_photograph_needs_far_less_memory_than_its_pixels() -> None:
    plan = make_plan(PHOTO, Options(width=500))
    progressive = dataclasses.replace(PHOTO, is_interlaced=True)

    assert estimate_memory(PHOTO, plan) < 40_000_000
    assert estimate_memory(progressive, plan) > 4000 * 3000 * 6


def test_memory_grows_with_frames_trims_and_depth() -> None:
    gif = SourceFacts(format=ImageFormat.GIF, width=500, height=500, has_alpha=True, bands=4)
    animated = dataclasses.replace(gif, frames=100, delays_ms=(10,) * 100)
    deep = dataclasses.replace(PHOTO, format=ImageFormat.AVIF, bits=10)
    trimmed = make_plan(PHOTO, Options(width=500, trims_border=True))

    full = Options()
    assert estimate_memory(animated, make_plan(animated, full)) > 100 * 500 * 500 * 4
    assert estimate_memory(gif, make_plan(gif, full)) < 50_000_000
    assert estimate_memory(PHOTO, trimmed) > 4000 * 3000 * 3
    assert estimate_memory(deep, make_plan(deep, full)) > 4000 * 3000 * 30
