"""The engine's whole story, from the bytes of a source to the bytes of a result."""

import itertools
import struct
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.meta import describe
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Meta, Optimized
from options_grammar.options import Format, Options, Preset
from tests.engine.encoding import (
    DELAYS_MS,
    animated_source,
    animation,
    cutout,
    decoded,
    drawing,
    mean_error,
    optimized,
    photo,
    source_of,
)
from tests.engine.test_strip import private_source

NONE: frozenset[ImageFormat] = frozenset()
WEBP = frozenset({ImageFormat.WEBP})
BOTH = frozenset({ImageFormat.WEBP, ImageFormat.AVIF})
ACCEPTS = pytest.mark.parametrize("accepts", [NONE, WEBP, BOTH], ids=["none", "webp", "avif"])

SOURCES: dict[str, bytes] = {
    "a photograph in JPEG": bytes(photo().jpegsave_buffer(Q=90)),
    "a bad photograph in JPEG": bytes(photo().jpegsave_buffer(Q=25)),
    "a photograph in PNG": bytes(photo().pngsave_buffer()),
    "a photograph in WebP": bytes(photo().webpsave_buffer(Q=80)),
    "a photograph in AVIF": bytes(photo().heifsave_buffer(compression="av1", Q=60, effort=1)),
    "a drawing in PNG": bytes(drawing().pngsave_buffer()),
    "a drawing in GIF": bytes(drawing().gifsave_buffer()),
    "a drawing with a palette": bytes(drawing().pngsave_buffer(palette=True)),
    "a drawing in lossless WebP": bytes(drawing().webpsave_buffer(lossless=True)),
    "a cutout in PNG": bytes(cutout().pngsave_buffer()),
    "an animation in GIF": animated_source(".gif"),
    "an animation in WebP": animated_source(".webp"),
}
EVERY_SOURCE = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
FIXED = [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF, Format.GIF]


def answer(source: bytes, accepts: frozenset[ImageFormat] = NONE, **options: object) -> Optimized:
    job = Job(options=Options(**options), accepts=accepts)  # type: ignore[arg-type]
    return optimized(source, job=job)


def loaded_as(result: Optimized) -> str:
    """Which of libvips' loaders reads the result."""
    return str(pyvips.Image.new_from_buffer(result.data, "").get("vips-loader"))


@EVERY_SOURCE
@ACCEPTS
@pytest.mark.parametrize("quality", [Preset.LOW, Preset.MEDIUM, Preset.HIGH, Preset.LOSSLESS])
def test_a_result_of_the_same_size_is_never_larger_than_the_source(
    source: bytes, accepts: frozenset[ImageFormat], quality: Preset
) -> None:
    result = answer(source, accepts, quality=quality)

    assert 0 < len(result.data) <= len(source)
    assert not result.is_provisional


@EVERY_SOURCE
@ACCEPTS
def test_a_result_fed_back_is_returned_byte_for_byte(
    source: bytes, accepts: frozenset[ImageFormat]
) -> None:
    once = answer(source, accepts)

    again = answer(once.data, accepts)

    if once.format is ImageFormat.GIF:  # each pass lets pixels stray a little further
        assert 0.9 * len(once.data) <= len(again.data) <= len(once.data)
    else:
        assert again.data == once.data
        assert again.stop == "source"


@EVERY_SOURCE
def test_the_same_request_gives_the_same_bytes(source: bytes) -> None:
    assert answer(source, BOTH, width=100).data == answer(source, BOTH, width=100).data


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


PRIVATE = [ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.AVIF]


@pytest.mark.parametrize("image_format", PRIVATE)
@pytest.mark.parametrize("quality", [Preset.LOW, Preset.LOSSLESS])
@pytest.mark.parametrize("asked", [Format.AUTO, *FIXED])
def test_nothing_private_is_in_any_result(
    image_format: ImageFormat, quality: Preset, asked: Format
) -> None:
    source = private_source(image_format, orientation=6 if image_format != "avif" else 1)
    assert b"PRIVATE_" in source

    result = answer(source, BOTH, quality=quality, format=asked)

    assert b"PRIVATE_" not in result.data


@pytest.mark.parametrize("asked", [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF])
def test_exif_is_kept_on_request_and_says_upright(asked: Format) -> None:
    source = private_source(ImageFormat.JPEG, orientation=6)
    job = Job(options=Options(format=asked, width=80), keeps_exif=True)

    result = optimized(source, job=job)

    image = pyvips.Image.new_from_buffer(result.data, "")
    assert b"PRIVATE_exif" in result.data
    assert (image.width, image.height) == (80, 120)
    assert not image.get_typeof("orientation") or image.get("orientation") == 1


@pytest.mark.parametrize("orientation", [1, 6, 3])
def test_a_lossless_jpeg_keeps_every_coefficient_and_how_it_stands(orientation: int) -> None:
    source = private_source(ImageFormat.JPEG, orientation=orientation)

    result = answer(source, BOTH, quality=Preset.LOSSLESS)

    assert result.stop == "lossless"
    assert result.format is ImageFormat.JPEG
    assert float((decoded(result.data) - decoded(source)).abs().max()) == 0
    assert result.source.orientation == orientation
    upright = pyvips.Image.new_from_buffer(result.data, "").autorot()
    assert (result.width, result.height) == (upright.width, upright.height)
    assert decoded(result.data).get("icc-profile-data")


@pytest.mark.parametrize("asked", [Format.AUTO, Format.PNG])
def test_a_lossless_png_keeps_sixteen_bits(asked: Format) -> None:
    deep = (photo().cast("ushort") * 257 + 3).cast("ushort").copy(interpretation="rgb16")
    source = bytes(deep.pngsave_buffer())

    result = answer(source, BOTH, quality=Preset.LOSSLESS, format=asked)

    assert result.format is ImageFormat.PNG
    assert decoded(result.data).format == "ushort"
    assert float((decoded(result.data) - deep).abs().max()) == 0


@pytest.mark.parametrize("asked", [Format.AUTO, Format.PNG, Format.WEBP, Format.AVIF])
@pytest.mark.parametrize("draw", [drawing, cutout])
def test_lossless_changes_no_pixel_in_any_format_that_can(asked: Format, draw: object) -> None:
    image = draw()  # type: ignore[operator]

    result = answer(bytes(image.pngsave_buffer()), WEBP, quality=Preset.LOSSLESS, format=asked)

    assert result.stop == "lossless"
    assert float((decoded(result.data) - image).abs().max()) == 0


def test_a_lossless_drawing_becomes_webp_where_that_opens() -> None:
    source = SOURCES["a drawing in PNG"]

    assert answer(source, quality=Preset.LOSSLESS).format is ImageFormat.PNG
    assert answer(source, WEBP, quality=Preset.LOSSLESS).format is ImageFormat.WEBP


@pytest.mark.parametrize("asked", [Format.JPEG, Format.GIF])
def test_a_format_that_cannot_be_lossless_says_so(asked: Format) -> None:
    result = answer(SOURCES["a photograph in PNG"], quality=Preset.LOSSLESS, format=asked)

    assert result.format.value == asked.value
    assert result.warnings == (
        f"quality=lossless: {asked} cannot keep every pixel of this source; quality=high was used",
    )


def test_a_lossy_source_that_is_trimmed_cannot_stay_lossless_and_says_so() -> None:
    bordered = photo().embed(20, 20, 280, 200, extend="white")
    source = bytes(bordered.jpegsave_buffer(Q=95, subsample_mode="off"))

    result = answer(source, quality=Preset.LOSSLESS, trims_border=True)

    assert (result.width, result.height) != (280, 200)
    assert result.warnings == (
        "quality=lossless: this source has to be encoded again; quality=high was used",
    )


def test_a_long_encode_has_an_early_answer() -> None:
    kept: list[Optimized] = []
    source = bytes(photo(600, 400).resize(4).pngsave_buffer(compression=1))
    job = Job(options=Options(), accepts=BOTH)

    result = optimize(job, source_of(source), keep=kept.append)

    assert isinstance(result, Optimized)
    assert all(early.is_provisional for early in kept)
    own, quick, *passing = kept
    assert own.format is ImageFormat.PNG
    assert quick.format is ImageFormat.JPEG
    assert len(result.data) < len(quick.data) < len(own.data)
    assert all(len(early.data) < len(quick.data) for early in passing)
    assert mean_error(decoded(quick.data), decoded(source)) <= 5.0


@pytest.mark.parametrize("quality", [60, 95])
def test_what_is_kept_on_the_way_only_gets_smaller_and_never_passes_the_source(
    quality: int,
) -> None:
    kept: list[Optimized] = []
    source = bytes(drawing(700, 500).pngsave_buffer(compression=9))
    job = Job(options=Options(quality=quality), accepts=BOTH, seconds_left=0.01)

    optimize(job, source_of(source), keep=kept.append)

    sizes = [len(each.data) for each in kept]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) <= len(source)


def test_a_short_encode_has_none() -> None:
    kept: list[Optimized] = []

    optimize(
        Job(options=Options(width=100)),
        source_of(SOURCES["a photograph in JPEG"]),
        keep=kept.append,
    )

    assert kept == []


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


def test_trailing_data_of_a_source_is_not_in_the_result() -> None:
    source = SOURCES["a bad photograph in JPEG"] + b"PRIVATE_tail" + struct.pack(">I", 7)

    assert b"PRIVATE_" not in answer(source).data


@pytest.mark.corpus
@ACCEPTS
@pytest.mark.parametrize("folder", ["metadata", "animated"])
def test_real_sources_never_grow_and_lose_what_is_private(
    corpus: Path, folder: str, accepts: frozenset[ImageFormat]
) -> None:
    for path in sorted((corpus / folder).iterdir()):
        source = path.read_bytes()
        if len(source) > 1_000_000:
            continue

        result = answer(source, accepts)

        assert len(result.data) <= len(source), path.name
        assert b"PRIVATE_" not in result.data, path.name
