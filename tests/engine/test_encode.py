"""Every encoder on real pixels: photograph, drawing, transparency, animation."""

import math
from dataclasses import replace

import pytest
import pyvips

from imgproxy_py.engine import encode
from imgproxy_py.engine.encode import ENCODERS, Recipe
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.timeline import whole_centiseconds
from options_grammar.options import Color
from tests.engine.encoding import (
    DELAYS_MS,
    HEIGHT,
    WIDTH,
    animation,
    brief,
    cutout,
    decoded,
    drawing,
    mean_error,
    photo,
    still,
)

STILLS = [recipe for recipe in ENCODERS if recipe not in (encode.WEBM, encode.MP4)]
# Mean absolute error of a channel that a target of 72 may cost on these pictures; the palettes
# have 256 colors for a photograph. 2 of 255 is invisible, 6 is grain.
TOLERANCE = {
    encode.JPEG: 5.0,
    encode.FULL_CHROMA_JPEG: 5.0,
    encode.MASKED_JPEG: 5.0,
    encode.WEBP: 5.0,
    encode.AVIF: 5.0,
    encode.FULL_CHROMA_AVIF: 5.0,
    encode.PALETTE_PNG: 6.0,
    encode.FLAT_PALETTE_PNG: 6.0,
    encode.PALETTE_WEBP: 6.0,
    encode.FLAT_PALETTE_WEBP: 6.0,
    encode.NEAR_LOSSLESS_WEBP: 2.0,
    encode.GIF: 8.0,
}


def named(recipe: Recipe) -> str:
    return encode.name_of(recipe)


@pytest.mark.parametrize("recipe", STILLS, ids=named)
@pytest.mark.parametrize("draw", [photo, drawing])
def test_a_result_looks_like_its_reference(recipe: Recipe, draw: object) -> None:
    image = draw()  # type: ignore[operator]

    result = decoded(encode.encode(recipe, brief(still(image)), 72))

    assert (result.width, result.height) == (WIDTH, HEIGHT)
    assert mean_error(result, image) <= TOLERANCE.get(recipe, 0.0)


@pytest.mark.parametrize(
    "recipe",
    [each for each in STILLS if each.format not in (ImageFormat.JPEG, ImageFormat.GIF)],
    ids=named,
)
def test_transparency_survives(recipe: Recipe) -> None:
    image = cutout()

    result = decoded(encode.encode(recipe, brief(still(image)), 92 if recipe.is_palette else 72))

    assert result.bands == 4
    if result.format == "ushort":
        result = result.colourspace("srgb")
    # 256 colors for a photograph that fades: its alpha moves in steps of three or so.
    assert float((result[3] - image[3]).abs().avg()) <= 4.0
    assert mean_error(result, image) <= 6.0


def test_a_jpeg_stands_on_the_background_that_was_asked_for() -> None:
    blue = replace(brief(still(cutout())), background=Color(red=0, green=0, blue=255))

    result = decoded(encode.encode(encode.JPEG, blue, 90))

    assert result.bands == 3
    red, _green, blue_channel = result(0, 80)  # the left edge is transparent
    assert red < 30
    assert blue_channel > 225


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    image = photo().bandjoin(255)

    result = decoded(encode.encode(encode.LOSSLESS_PNG, brief(still(image)), 100))

    assert result.bands == 3


@pytest.mark.parametrize("recipe", STILLS, ids=named)
def test_gray_stays_gray(recipe: Recipe) -> None:
    image = photo().colourspace("b-w")

    result = decoded(encode.encode(recipe, brief(still(image)), 72))

    assert mean_error(result, image) <= TOLERANCE.get(recipe, 0.0)


def deep() -> pyvips.Image:
    """16 bits a channel that 8 cannot hold."""
    return (photo().cast("ushort") * 257 + 3).cast("ushort").copy(interpretation="rgb16")


def test_an_exact_png_keeps_sixteen_bits() -> None:
    exact = replace(brief(still(deep())), is_exact=True)

    result = decoded(encode.encode(encode.LOSSLESS_PNG, exact, 100))

    assert result.format == "ushort"
    assert (result - deep()).abs().max() == 0


@pytest.mark.parametrize("recipe", STILLS, ids=named)
def test_sixteen_bits_become_eight_where_the_format_has_no_more(recipe: Recipe) -> None:
    result = decoded(encode.encode(recipe, brief(still(deep())), 72))

    # AVIF has ten, which libvips reads into sixteen.
    is_ten_bits = recipe.format is ImageFormat.AVIF and not recipe.is_lossless
    assert result.format == ("ushort" if is_ten_bits else "uchar")
    assert mean_error(result, photo()) <= TOLERANCE.get(recipe, 0.0) + 1


@pytest.mark.parametrize("recipe", [encode.GIF, encode.WEBP, encode.LOSSLESS_WEBP], ids=named)
@pytest.mark.parametrize("loop", [0, 1, 3])
def test_an_animation_keeps_frames_delays_and_plays(recipe: Recipe, loop: int) -> None:
    moving = animation(loop=loop)

    data = encode.encode(recipe, brief(moving), 75)

    result = decoded(data, n=-1)
    assert result.get("n-pages") == len(DELAYS_MS)
    assert tuple(result.get("delay")) == DELAYS_MS
    assert result.get("loop") == loop
    assert mean_error(result, moving.image) <= 8.0
    assert encode.frames_of(recipe.format, data, moving) == len(DELAYS_MS)


@pytest.mark.parametrize("recipe", [encode.JPEG, encode.PALETTE_PNG, encode.AVIF], ids=named)
def test_a_format_without_animation_gets_the_first_frame(recipe: Recipe) -> None:
    moving = animation()

    result = decoded(encode.encode(recipe, brief(moving), 75))

    assert (result.width, result.height) == (WIDTH, HEIGHT)
    assert mean_error(result, moving.image.crop(0, 0, WIDTH, HEIGHT)) <= 6.0


@pytest.mark.parametrize("recipe", STILLS, ids=named)
def test_the_same_brief_gives_the_same_bytes(recipe: Recipe) -> None:
    given = brief(still(drawing()))

    assert encode.encode(recipe, given, 72) == encode.encode(recipe, given, 72)


@pytest.mark.parametrize("recipe", STILLS, ids=named)
def test_no_metadata_of_the_pixels_reaches_a_result(recipe: Recipe) -> None:
    image = drawing().copy()
    for field in ("exif-data", "xmp-data", "iptc-data", "icc-profile-data"):
        image.set_type(pyvips.GValue.blob_type, field, b"Exif\0\0II*\0PRIVATE_" + bytes(200))
    image.set_type(pyvips.GValue.gstr_type, "png-comment-0-Author", "PRIVATE_name")

    assert b"PRIVATE_" not in encode.encode(recipe, brief(still(image)), 72)


PROFILED = [
    encode.JPEG,
    encode.MASKED_JPEG,
    encode.FULL_CHROMA_JPEG,
    encode.LOSSLESS_PNG,
    encode.WEBP,
    encode.AVIF,
]


@pytest.mark.parametrize("recipe", PROFILED, ids=named)
def test_a_profile_that_must_travel_does(recipe: Recipe) -> None:
    wide = photo().icc_transform("p3", input_profile="srgb")
    profile = bytes(wide.get("icc-profile-data"))
    given = brief(replace(still(photo()), profile=profile))

    assert bytes(decoded(encode.encode(recipe, given, 72)).get("icc-profile-data")) == profile


@pytest.mark.parametrize("recipe", encode.FULL_CHROMA, ids=named)
def test_full_chroma_keeps_colored_lines(recipe: Recipe) -> None:
    rings = pyvips.Image.zone(WIDTH, HEIGHT).linear(127, 128).cast("uchar")
    image = rings.bandjoin([128, 255 - rings]).copy(interpretation="srgb")

    half = decoded(encode.encode(recipe, brief(still(image)), 95))
    full = decoded(encode.encode(encode.FULL_CHROMA[recipe], brief(still(image)), 95))

    assert mean_error(full, image) < mean_error(half, image) / 2


def test_a_quick_candidate_is_valid_too() -> None:
    quick = replace(brief(still(photo())), is_quick=True)

    for recipe in (encode.JPEG, encode.WEBP, encode.LOSSLESS_PNG, encode.AVIF):
        assert mean_error(decoded(encode.encode(recipe, quick, 72)), photo()) <= 6.0


def test_every_writable_format_has_an_encoder() -> None:
    writable = {each for each, row in FORMATS.items() if row.is_writable}

    assert {recipe.format for recipe in ENCODERS} == writable


def test_a_palette_is_smaller_as_webp_than_as_png() -> None:
    given = brief(still(drawing(480, 320)))

    assert len(encode.encode(encode.PALETTE_WEBP, given, 92)) < len(
        encode.encode(encode.PALETTE_PNG, given, 92)
    )


def test_delays_between_the_steps_of_gif_keep_their_sum() -> None:
    assert whole_centiseconds([75] * 4) == [80, 70, 80, 70]
    assert sum(whole_centiseconds([33] * 300)) == 9900


def test_a_settled_avif_of_moderate_size_takes_more_time_for_fewer_bytes() -> None:
    """The same quality, so the score tells whether they are fewer for the same picture."""
    given = brief(still(photo(200, 160)))
    settled = replace(given, tier=Tier.SETTLED)
    judge = Judge(given)

    live, slow = (encode.encode(encode.FULL_CHROMA_AVIF, each, 60) for each in (given, settled))

    saved = math.log(len(live) / len(slow))
    won = judge.score(slow, ImageFormat.AVIF) - judge.score(live, ImageFormat.AVIF)
    # A point of score is 4 % of the bytes.
    assert saved + 0.04 * won > 0.03
