"""Every decoder, whole and cut and arriving: the same picture, or an error."""

from io import BytesIO

import pytest
from PIL import Image

from imgproxy_py.engine.errors import BrokenImage
from options_grammar.options import Fit, Options, Preset
from tests.engine.drawing import (
    RED,
    arriving_source,
    color_at,
    difference,
    gradient,
    quarters,
    rendered,
    rendered_from,
    size,
)


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


def test_an_svg_is_drawn_at_the_asked_for_size() -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">
      <rect width="20" height="20" fill="#dc1e1e"/><rect x="20" width="20" height="20"/></svg>"""

    result = rendered(svg, width=1000, fit=Fit.FIT)

    assert size(result) == (1000, 500)
    # A raster of 40 pixels, enlarged 25 times, would have a soft edge here.
    assert color_at(result.image, 0.498, 0.5) == RED
    assert color_at(result.image, 0.502, 0.5) == (0, 0, 0)


def test_a_bmp_is_read() -> None:
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
