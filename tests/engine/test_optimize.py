"""The engine's whole story, from the bytes of a source to the bytes of a result."""

import itertools

import pytest
import pyvips

from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.meta import describe
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Meta, Optimized
from options_grammar.options import Format, Keep, Options, Preset
from tests.engine.answering import ACCEPTS, BOTH, EVERY_SOURCE, FIXED, SOURCES, WEBP, answer
from tests.engine.encoding import (
    DELAYS_MS,
    animated_source,
    animation,
    decoded,
    mean_error,
    optimized,
    photo,
    source_of,
)
from tests.engine.test_strip import private_source


def loaded_as(result: Optimized) -> str:
    """Which of libvips' loaders reads the result."""
    return str(pyvips.Image.new_from_buffer(result.data, "").get("vips-loader"))


@EVERY_SOURCE
@pytest.mark.parametrize("asked", FIXED)
def test_a_fixed_format_is_what_comes(source: bytes, asked: Format) -> None:
    result = answer(source, BOTH, format=asked, width=120)

    assert result.format.value == asked.value
    assert not result.negotiated
    image = pyvips.Image.new_from_buffer(result.data, "")
    assert (result.width, result.height) == (120, 80) == (image.width, image.height)
    prefix = {"avif": "heif"}.get(asked.value, asked.value)
    assert loaded_as(result).startswith(prefix)


@ACCEPTS
@EVERY_SOURCE
def test_an_open_format_is_one_that_accept_or_the_source_opens(
    source: bytes, accepts: frozenset[ImageFormat]
) -> None:
    result = answer(source, accepts)

    everywhere = {ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.GIF}
    assert result.format in everywhere | accepts | {result.source.format}
    assert result.negotiated


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("asked", [Format.AUTO, Format.GIF, Format.WEBP])
def test_an_animation_stays_whole(suffix: str, asked: Format) -> None:
    result = answer(animated_source(suffix), WEBP, format=asked, width=120)

    image = pyvips.Image.new_from_buffer(result.data, "", n=-1)
    assert result.frames == image.get("n-pages") == len(DELAYS_MS)
    assert tuple(image.get("delay")) == DELAYS_MS
    assert image.get("loop") == 3
    assert result.warnings == ()


@pytest.mark.parametrize("asked", [Format.WEBM, Format.H264])
def test_an_animation_becomes_a_video(asked: Format) -> None:
    pytest.importorskip("av")

    result = answer(animated_source(), format=asked)

    assert FORMATS[result.format].media_type.startswith("video/")
    assert result.frames == len(DELAYS_MS)
    assert len(result.data) < len(animated_source())


def test_one_frame_of_many_is_never_silent() -> None:
    result = answer(animated_source(), format=Format.JPEG)

    assert result.frames == 1
    assert result.warnings == (
        (
            "the source has 5 frames and jpeg holds one: this is the first;"
            " webp, gif, webm and h264 hold them all"
        ),
    )
    first = animation().image.crop(0, 0, 240, 160)
    # The GIF had 256 colors, the JPEG its own loss.
    assert mean_error(decoded(result.data), first) <= 9.0


def test_a_jpeg_is_not_encoded_above_its_own_quality() -> None:
    source = bytes(photo().jpegsave_buffer(Q=50, quant_table=2))

    kept = answer(source, quality=Preset.HIGH)
    as_webp = answer(source, format=Format.WEBP, quality=Preset.HIGH)
    smaller = answer(source, format=Format.JPEG, quality=Preset.HIGH, width=120)

    assert kept.stop == "source"
    assert as_webp.quality is not None
    assert as_webp.quality < 70
    # After downscaling its artifacts are gone, and the rule with them.
    assert smaller.quality is not None
    assert smaller.quality > 80


def test_a_saving_below_three_percent_is_not_worth_a_loss() -> None:
    source = bytes(photo().jpegsave_buffer(Q=68, quant_table=2, trellis_quant=True))

    result = answer(source)

    assert result.stop == "source"
    assert float((decoded(result.data) - decoded(source)).abs().max()) == 0


@pytest.mark.parametrize("asked", [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF])
def test_exif_is_kept_on_request_and_says_upright(asked: Format) -> None:
    source = private_source(ImageFormat.JPEG, orientation=6)
    job = Job(options=Options(format=asked, width=80, keep=frozenset({Keep.EXIF})))

    result = optimized(source, job=job)

    image = pyvips.Image.new_from_buffer(result.data, "")
    assert b"PRIVATE_exif" in result.data
    assert (image.width, image.height) == (80, 120)
    assert not image.get_typeof("orientation") or image.get("orientation") == 1


def test_memory_is_asked_for_once_before_pixels() -> None:
    asked: list[int] = []
    source = source_of(SOURCES["a photograph in PNG"])

    optimize(Job(options=Options()), source, keep=lambda _: None, admit=asked.append)

    assert len(asked) == 1
    assert asked[0] > 240 * 160 * 3


def test_time_is_what_the_clock_says() -> None:
    ticks = itertools.count(0, 0.25)
    source = source_of(SOURCES["a photograph in JPEG"])

    result = optimize(
        Job(options=Options()), source, keep=lambda _: None, clock=lambda: next(ticks)
    )

    assert isinstance(result, Optimized)
    assert result.timings_ms == {"decode": 250.0, "search": 250.0, "encode": 250.0}


def test_meta_describes_the_source_as_it_is_displayed() -> None:
    source = private_source(ImageFormat.JPEG, orientation=6)

    meta = optimize(Job(options=Options(wants_meta=True)), source_of(source), keep=lambda _: None)

    assert isinstance(meta, Meta)
    described = describe(meta)
    assert (described["width"], described["height"]) == (160, 240)
    assert described["format"] == "jpeg"
    assert described["bytes"] == len(source)
    assert described["orientation"] == 6
    assert described["frames"] == 1
    assert described["alpha"] is False
