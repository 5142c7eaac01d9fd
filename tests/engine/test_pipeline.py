"""Every fit and gravity on real pixels: exact sizes, and *which* part was kept."""

from typing import Any

import pytest
import pyvips

from imgproxy_py.engine.errors import BrokenImage, ImpossibleResult
from imgproxy_py.engine.pipeline import NO_TRIM_OF_ANIMATIONS
from options_grammar.options import Color, Fit, FocalPoint, Format, Gravity, Options, Preset
from tests.engine.drawing import (
    BLUE,
    GREEN,
    RED,
    RGB,
    WHITE,
    YELLOW,
    animation,
    arriving_source,
    color_at,
    difference,
    gradient,
    is_near,
    plain,
    quarters,
    rendered,
    rendered_from,
    size,
)

PNG: bytes = quarters(400, 200).pngsave_buffer()
CORNERS = {(0.02, 0.02): RED, (0.98, 0.02): GREEN, (0.02, 0.98): BLUE, (0.98, 0.98): YELLOW}


def corners(image: pyvips.Image) -> list[RGB]:
    return [color_at(image, x, y) for x, y in CORNERS]


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
    assert all(map(is_near, corners(result.image), CORNERS.values()))


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


def test_a_transparent_picture_is_flattened_on_the_padding() -> None:
    clear: bytes = plain(50, 50, (200, 0, 0, 0)).pngsave_buffer()

    result = rendered(
        clear, width=100, height=100, fit=Fit.PAD, background=Color(red=0, green=99, blue=0)
    )

    assert not result.has_alpha
    assert color_at(result.image, 0.5, 0.5) == (0, 99, 0)


def test_trim_takes_exactly_the_border_of_one_color_away_before_the_resize() -> None:
    picture = quarters(300, 100).embed(40, 25, 400, 200, extend="background", background=[9, 9, 9])

    trimmed = rendered(picture.pngsave_buffer(), trims_border=True)
    resized = rendered(picture.pngsave_buffer(), trims_border=True, width=150)

    assert difference(trimmed.image, quarters(300, 100)) == 0
    assert not trimmed.is_source_size
    assert size(resized) == (150, 50)
    assert all(map(is_near, corners(resized.image), CORNERS.values()))


def test_trim_leaves_a_border_of_nearly_one_color_and_a_blank_picture_alone() -> None:
    picture = quarters(100, 100).embed(10, 10, 120, 120, extend="background", background=[9, 9, 9])
    for x, y in ((0, 60), (119, 60), (60, 0), (60, 119)):
        picture = picture.insert(plain(1, 1, (9, 9, 10)), x, y)

    assert size(rendered(picture.pngsave_buffer(), trims_border=True)) == (120, 120)
    assert size(rendered(plain(30, 20, RED).pngsave_buffer(), trims_border=True)) == (30, 20)


def test_trim_sees_a_black_drawing_on_transparent_black() -> None:
    drawing = plain(20, 20, (0, 0, 0, 255))
    picture = drawing.embed(15, 5, 60, 40, extend="background", background=[0, 0, 0, 0])

    assert size(rendered(picture.pngsave_buffer(), trims_border=True)) == (20, 20)


def test_transparent_pixels_do_not_bleed_into_visible_ones() -> None:
    # Red that is visible beside green that is not: a resize that forgets alpha mixes them.
    visible, hidden = plain(100, 200, (255, 0, 0, 255)), plain(100, 200, (0, 255, 0, 0))
    picture = visible.join(hidden, "horizontal")

    result = rendered(picture.pngsave_buffer(), width=50).image

    seen = (result[3] > 20).ifthenelse(result[1], 0)
    assert seen.max() <= 2


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    opaque: bytes = quarters(40, 40).bandjoin(255).pngsave_buffer()
    clear: bytes = quarters(40, 40).bandjoin(254).pngsave_buffer()

    assert not rendered(opaque).has_alpha
    assert rendered(clear).has_alpha


def test_alpha_goes_when_the_asked_for_format_has_none() -> None:
    clear: bytes = plain(40, 40, (0, 0, 0, 0)).pngsave_buffer()

    result = rendered(clear, format=Format.JPEG, background=Color(red=1, green=2, blue=3))

    assert color_at(result.image, 0.5, 0.5) == (1, 2, 3)


def test_only_a_request_that_moves_no_pixel_has_the_source_size() -> None:
    assert rendered(PNG).is_source_size
    assert rendered(PNG, width=400).is_source_size
    assert rendered(PNG, width=4000, height=4000).is_source_size
    assert rendered(PNG, trims_border=True).is_source_size  # there was no border
    assert not rendered(PNG, width=399).is_source_size
    assert not rendered(PNG, width=400, height=201, fit=Fit.PAD).is_source_size
    assert not rendered(PNG, width=200, height=200, fit=Fit.CROP).is_source_size


@pytest.mark.parametrize(
    "save",
    [
        pytest.param(lambda image: image.jpegsave_buffer(Q=95), id="JPEG shrinks on load"),
        pytest.param(lambda image: image.webpsave_buffer(Q=95), id="WebP scales on load"),
        pytest.param(lambda image: image.pngsave_buffer(), id="PNG streams"),
        pytest.param(lambda image: image.pngsave_buffer(interlace=True), id="interlaced PNG"),
        pytest.param(lambda image: image.jpegsave_buffer(Q=95, interlace=True), id="progressive"),
        pytest.param(
            lambda image: image.heifsave_buffer(Q=90, compression="av1", effort=0), id="AVIF"
        ),
        pytest.param(lambda image: image.tiffsave_buffer(), id="TIFF"),
    ],
)
@pytest.mark.parametrize("width", [1199, 600, 301, 150, 37])
def test_every_decoder_gives_the_picture_that_a_plain_resize_gives(save, width: int) -> None:  # type: ignore[no-untyped-def]
    picture = gradient(1200, 800)

    result = rendered(save(picture), width=width)

    expected = picture.resize(width / 1200, vscale=result.image.height / 800)
    # Shrink-on-load and chroma subsampling move edges by less than a pixel of the result.
    assert difference(result.image, expected) < 1.5


def test_16_bits_are_kept_only_for_a_lossless_request_of_the_same_size() -> None:
    deep: bytes = gradient(30, 30).colourspace("rgb16").pngsave_buffer()

    assert rendered(deep, quality=Preset.LOSSLESS).image.format == "ushort"
    assert rendered(deep).image.format == "uchar"
    assert rendered(deep, quality=Preset.LOSSLESS, width=10).image.format == "uchar"


def test_a_cut_picture_is_broken() -> None:
    picture = gradient(600, 400)
    for data in (picture.jpegsave_buffer(), picture.pngsave_buffer(), picture.webpsave_buffer()):
        with pytest.raises(BrokenImage):
            rendered(data[: len(data) // 2], width=100)


def test_a_result_of_more_than_100_megapixels_is_not_begun() -> None:
    with pytest.raises(ImpossibleResult, match="at most 100000000 are made"):
        rendered(PNG, width=10_000, height=10_000, dpr=4.0, fit=Fit.STRETCH)


def test_an_svg_is_drawn_at_the_asked_for_size() -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">
      <rect width="20" height="20" fill="#dc1e1e"/><rect x="20" width="20" height="20"/></svg>"""

    result = rendered(svg, width=1000, fit=Fit.FIT)

    assert size(result) == (1000, 500)
    # A raster of 40 pixels, enlarged 25 times, would have a soft edge here.
    assert color_at(result.image, 0.498, 0.5) == RED
    assert color_at(result.image, 0.502, 0.5) == (0, 0, 0)


def test_a_bmp_is_read() -> None:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.frombytes("RGB", (4, 2), bytes(quarters(4, 2).write_to_memory())).save(file, "BMP")

    assert difference(rendered(file.getvalue()).image, quarters(4, 2)) == 0


def test_decoding_goes_on_while_the_source_arrives() -> None:
    picture = gradient(900, 600)
    for data in (
        picture.jpegsave_buffer(Q=95),
        picture.pngsave_buffer(),
        picture.webpsave_buffer(),
    ):
        with arriving_source(data) as (source, _waits):
            result = rendered_from(source, Options(width=300))

        assert difference(result.image, rendered(data, width=300).image) == 0


def animated(save: str, pages: int = 3) -> bytes:
    """Frames in one color each, so that a bleeding neighbor shows."""
    colors = [RED, GREEN, BLUE][:pages]
    frames = [plain(100, 60, color) for color in colors]
    strip = animation(frames, delays_ms=[100, 200, 300][:pages], loop=5)
    options = {"lossless": True} if save == "webpsave_buffer" else {}
    data: bytes = getattr(strip, save)(**options)
    return data


@pytest.mark.parametrize("save", ["gifsave_buffer", "webpsave_buffer"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, (100, 60), id="full"),
        pytest.param({"width": 50}, (50, 30), id="resize"),
        pytest.param({"width": 30, "height": 30, "fit": Fit.CROP}, (30, 30), id="crop"),
        pytest.param(
            {"width": 30, "height": 30, "fit": Fit.CROP, "gravity": Gravity.AUTO},
            (30, 30),
            id="crop=auto",
        ),
        pytest.param({"width": 120, "height": 90, "fit": Fit.PAD}, (120, 90), id="pad"),
        pytest.param({"width": 20, "height": 70, "fit": Fit.STRETCH}, (20, 70), id="stretch"),
    ],
)
def test_every_frame_of_an_animation_is_treated_alike(
    save: str, options: dict[str, Any], expected: tuple[int, int]
) -> None:
    result = rendered(animated(save), **options)

    assert size(result) == expected
    assert result.frames == 3
    assert result.image.height == 3 * result.page_height
    assert result.delays_ms == (100, 200, 300)
    assert result.loop == 5
    top = (expected[1] - 60) // 2 if options.get("fit") is Fit.PAD else 0
    for number, color in enumerate([RED, GREEN, BLUE]):
        first_row = number * result.page_height + top
        last_row = (number + 1) * result.page_height - top - 1
        for row in (first_row, last_row):
            seen = tuple(int(band) for band in result.image.getpoint(expected[0] // 2, row))
            # GIF palettes are exact for three colors; nothing of a neighbor may show.
            assert is_near(seen, color, 3), (number, row)


def test_padding_of_an_animation_is_the_background_in_every_frame() -> None:
    result = rendered(animated("gifsave_buffer"), width=100, height=100, fit=Fit.PAD)

    for number in range(3):
        seen = tuple(int(band) for band in result.image.getpoint(50, number * 100 + 2))
        assert seen == WHITE


def test_a_trim_of_an_animation_is_refused_with_a_warning() -> None:
    result = rendered(animated("gifsave_buffer"), trims_border=True)

    assert size(result) == (100, 60)
    assert result.warnings == (NO_TRIM_OF_ANIMATIONS,)
