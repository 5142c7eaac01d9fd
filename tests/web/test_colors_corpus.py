"""Real pictures in other color spaces and depths: what they show stays the same."""

from pathlib import Path

import pytest
import pyvips

from tests.web.asking import picture, size, upload
from tests.web.likeness import corpus_data, difference, on_gray
from tests.web.pictures import opened
from tests.web.server import RunningServer

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("kodim23_adobergb.jpg", 3),
        ("kodim23_displayp3.jpg", 3),
        ("kodim23_prophoto.jpg", 3),
        ("kodim23_cmyk.jpg", 6),
    ],
)
@pytest.mark.parametrize(
    "options", ["quality=high", "format=png,quality=high", "format=webp,quality=high"]
)
def test_colors_of_another_space_are_those_of_the_original(
    server: RunningServer, corpus: Path, name: str, options: str, tolerance: float
) -> None:
    original = opened(corpus_data(corpus, "photos/kodim23.png"))

    image = picture(upload(server, options, corpus_data(corpus, f"color/{name}")))

    # Lossy results are allowed the loss of their own on top of it.
    allowed = tolerance + (0 if "png" in options else 1)
    for band in range(3):
        assert (image[band] - original[band]).abs().avg() <= allowed


def test_cmyk_without_a_profile_still_shows_the_picture(
    server: RunningServer, corpus: Path
) -> None:
    original = opened(corpus_data(corpus, "photos/kodim23.png"))

    image = picture(upload(server, "full", corpus_data(corpus, "color/kodim23_cmyk_noprofile.jpg")))

    assert image.bands == 3
    assert difference(image, original) < 30


def test_a_gain_map_leaves_no_trace_and_the_colors_right(
    server: RunningServer, corpus: Path
) -> None:
    data = corpus_data(corpus, "color/paris_p3_gainmap.jpg")
    model = pyvips.Image.new_from_buffer(data, "").icc_transform("srgb", embedded=True)

    for options in ("full", "format=png", "format=webp,quality=high"):
        image = picture(upload(server, options, data))
        assert size(image) == (403, 302)
        assert difference(image, model) < 4


def test_red_stands_at_twelve_o_clock(server: RunningServer, corpus: Path) -> None:
    data = corpus_data(corpus, "color/red_at_12_oclock_colorspin.jpg")

    image = picture(upload(server, "full", data))

    red, green, blue = image.getpoint(400, 120)[:3]
    assert red > 150
    assert max(green, blue) < 110


@pytest.mark.parametrize(
    "name", ["weld_16bit.png", "flag_16bit.png", "pixel2_16bit_acescg.png", "p3_color_ring.png"]
)
@pytest.mark.parametrize(
    "options", ["64,quality=high", "64,format=webp,quality=high", "64,format=png"]
)
def test_deep_and_wide_colors_come_down_to_what_they_show(
    server: RunningServer, corpus: Path, name: str, options: str
) -> None:
    data = corpus_data(corpus, f"color/{name}")
    model = pyvips.Image.thumbnail_buffer(data, 64, export_profile="srgb").copy_memory()

    image = picture(upload(server, options, data))

    assert size(image) == size(model)
    assert image.format == "uchar"
    # In so small a picture what JPEG loses weighs as much as a wrong color would.
    allowed = 3 if options.endswith("png") else 6
    assert difference(on_gray(image), on_gray(model)) < allowed


@pytest.mark.parametrize(
    "name",
    ["camera_gray.png", "cliff_gray.png", "concert_gray_gamma22.jpg", "kodim03_gray_cicp.png"],
)
def test_gray_stays_gray_and_as_bright(server: RunningServer, corpus: Path, name: str) -> None:
    data = corpus_data(corpus, f"color/{name}")
    model = pyvips.Image.thumbnail_buffer(data, 200, export_profile="srgb").copy_memory()

    for options in ("200", "200,format=webp", "200,format=avif"):
        image = picture(upload(server, options, data)).colourspace("srgb")
        assert difference(image, model) < 5
        assert (image[0] - image[2]).abs().max() < 20


def test_high_dynamic_range_comes_out_as_a_picture(server: RunningServer, corpus: Path) -> None:
    answer = upload(server, "200", corpus_data(corpus, "color/cosmos_hdr_p3pq_10bit.avif"))

    assert 5 < picture(answer).avg() < 200
    assert picture(answer).format == "uchar"
