"""Color management: what leaves the pipeline is sRGB, whatever came in."""

from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.rendered import Rendered
from options_grammar.options import Options
from tests.engine.drawing import (
    color_at,
    difference,
    gradient,
    is_near,
    plain,
    rendered,
    rendered_from,
    source_at,
)

PICTURE = gradient(64, 48)
IN_P3: bytes = PICTURE.icc_transform("p3", input_profile="srgb").pngsave_buffer()


def render_file(path: Path, options: Options | None = None) -> Rendered:
    with source_at(path) as source:
        return rendered_from(source, options or Options())


def test_wide_colors_come_back_as_the_srgb_they_were() -> None:
    result = rendered(IN_P3)

    assert result.profile is None
    # Two conversions, each rounded to 8 bits.
    assert difference(result.image, PICTURE) < 1


def test_wide_colors_are_kept_together_with_their_profile() -> None:
    result = rendered(IN_P3, keeps_profile=True)

    assert result.profile == pyvips.Image.new_from_buffer(IN_P3, "").get("icc-profile-data")
    assert difference(result.image, PICTURE.icc_transform("p3", input_profile="srgb")) == 0


def test_an_srgb_profile_changes_no_pixel() -> None:
    tagged: bytes = PICTURE.pngsave_buffer(profile="srgb")

    assert difference(rendered(tagged).image, PICTURE) == 0
    assert rendered(tagged, keeps_profile=True).profile is None


def test_gray_stays_one_band_and_gray_with_alpha_two() -> None:
    gray: bytes = plain(20, 10, (77,)).pngsave_buffer()
    clear: bytes = plain(20, 10, (77,)).bandjoin(99).copy(interpretation="b-w").pngsave_buffer()

    assert rendered(gray, width=10).image.bands == 1
    assert color_at(rendered(clear, width=10).image, 0.5, 0.5) == (77, 99)


def test_cmyk_becomes_rgb_even_where_a_profile_could_travel() -> None:
    cmyk: bytes = PICTURE.icc_transform("cmyk", input_profile="srgb").jpegsave_buffer(Q=98)

    for keeps_profile in (False, True):
        result = rendered(cmyk, keeps_profile=keeps_profile)
        assert result.image.bands == 3
        assert result.image.interpretation == "srgb"
        assert result.profile is None


def test_white_stays_white_out_of_cmyk() -> None:
    cmyk: bytes = (
        plain(16, 16, (255, 255, 255))
        .icc_transform("cmyk", input_profile="srgb")
        .jpegsave_buffer(Q=98)
    )

    assert is_near(color_at(rendered(cmyk).image, 0.5, 0.5), (255, 255, 255), 3)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        pytest.param("kodim23_adobergb.jpg", 3, id="Adobe RGB"),
        pytest.param("kodim23_displayp3.jpg", 3, id="Display P3"),
        pytest.param("kodim23_prophoto.jpg", 3, id="ProPhoto"),
        # CMYK inks cannot show every color of the parrots.
        pytest.param("kodim23_cmyk.jpg", 6, id="CMYK"),
    ],
)
def test_the_parrots_look_the_same_out_of_every_color_space(
    name: str, tolerance: float, corpus: Path
) -> None:
    original = render_file(corpus / "photos" / "kodim23.png")

    assert difference(render_file(corpus / "color" / name).image, original.image) < tolerance


def test_cmyk_without_a_profile_is_readable_and_not_inverted(corpus: Path) -> None:
    original = render_file(corpus / "photos" / "kodim23.png")

    result = render_file(corpus / "color" / "kodim23_cmyk_noprofile.jpg")

    # Without a profile the inks are guessed; an inverted picture would differ by 90.
    assert difference(result.image, original.image) < 25


@pytest.mark.parametrize(
    "name", ["jpeg_icc_garbage.jpg", "png_bad_iccp.png", "jpeg_icc_missing_part.jpg"]
)
def test_a_profile_that_is_noise_is_ignored(name: str, corpus: Path) -> None:
    assert render_file(corpus / "hostile" / name).image.bands == 3


def test_a_profile_that_turns_the_colors_round_is_obeyed(corpus: Path) -> None:
    # The file is stored with its hues rotated: only its profile puts red at twelve o'clock.
    image = render_file(corpus / "color" / "red_at_12_oclock_colorspin.jpg").image

    red, green, blue = color_at(image, 0.5, 0.06)
    assert red > 150
    assert max(green, blue) < 110


def test_10_bit_hdr_and_16_bit_pictures_become_plain_8_bit(corpus: Path) -> None:
    for name in ("cosmos_hdr_p3pq_10bit.avif", "flag_16bit.png", "pixel2_16bit_acescg.png"):
        image = render_file(corpus / "color" / name, Options(width=60)).image
        assert (image.format, image.interpretation) == ("uchar", "srgb"), name


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(PICTURE.colourspace("lab"), id="L*a*b*"),
        pytest.param(PICTURE.colourspace("scrgb"), id="linear light in floats"),
        pytest.param(PICTURE.cast("short"), id="signed 16 bit"),
        pytest.param(PICTURE.bandjoin([9, 9]).copy(interpretation="multiband"), id="5 channels"),
    ],
)
def test_odd_kinds_of_tiff_become_plain_srgb(image: pyvips.Image) -> None:
    result = rendered(image.tiffsave_buffer())

    assert result.image.format == "uchar"
    assert difference(result.image, PICTURE) < 1
