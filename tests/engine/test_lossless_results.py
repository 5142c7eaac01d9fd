"""quality=lossless: every pixel of the source, or a warning that says why not."""

import pytest
import pyvips

from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Format, Preset
from tests.engine.answering import BOTH, SOURCES, WEBP, answer
from tests.engine.encoding import cutout, decoded, drawing, photo
from tests.engine.test_strip import private_source


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
