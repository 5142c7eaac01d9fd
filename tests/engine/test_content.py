"""Telling drawings from photographs by a few of their pixels."""

from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.content import SAMPLE_PAIRS, measure
from tests.engine.encoding import cutout, drawing, photo


def test_a_drawing_is_a_graphic_with_few_colors() -> None:
    content = measure(drawing())

    assert content.is_graphic
    assert content.has_few_colors
    assert not content.uses_alpha


def test_a_photograph_is_none() -> None:
    content = measure(photo())

    assert not content.is_graphic
    assert not content.has_few_colors


def test_a_gray_photograph_is_none_although_it_has_few_colors() -> None:
    content = measure(photo().colourspace("b-w"))

    assert not content.is_graphic
    assert content.has_few_colors


def test_alpha_counts_only_where_it_hides_something() -> None:
    assert measure(cutout()).uses_alpha
    assert not measure(photo().bandjoin(255)).uses_alpha


def test_one_transparent_pixel_is_enough() -> None:
    opaque = (pyvips.Image.black(240, 160) + 255).cast("uchar")
    alpha = opaque.draw_rect(254, 17, 93, 1, 1)

    assert measure(photo().bandjoin(alpha)).uses_alpha


def test_red_letters_on_blue_have_sharp_chroma() -> None:
    stripes = pyvips.Image.xyz(240, 160)[0] % 8 < 4
    image = stripes.ifthenelse([220, 20, 20], [20, 20, 220]).cast("uchar")

    assert measure(image.copy(interpretation="srgb")).has_sharp_chroma
    assert not measure(drawing()).has_sharp_chroma


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2), (9000, 3)])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_every_shape_can_be_measured(size: tuple[int, int], bands: int) -> None:
    image = pyvips.Image.black(*size, bands=bands).cast("uchar")
    image = image.copy(interpretation="srgb" if bands > 2 else "b-w").copy_memory()

    content = measure(image)

    assert content.colors == 1
    assert content.uses_alpha is (bands in (2, 4))


def test_the_sample_is_bounded() -> None:
    noise = pyvips.Image.gaussnoise(4000, 600, mean=128, sigma=60).cast("uchar")
    image = noise.bandjoin([noise.rot180(), noise.fliphor()]).copy(interpretation="srgb")

    assert measure(image.copy_memory()).colors <= 4 * SAMPLE_PAIRS


@pytest.mark.corpus
@pytest.mark.parametrize(("folder", "is_graphic"), [("photos", False), ("graphics", True)])
def test_real_pictures_at_500_pixels_are_told_apart(
    corpus: Path, folder: str, is_graphic: bool
) -> None:
    paths = sorted((corpus / folder).iterdir())
    told = [
        measure(pyvips.Image.thumbnail(str(path), 500).copy_memory()).is_graphic is is_graphic
        for path in paths
    ]

    # A map, a bird and gray text are photographs to it; a graphic is never forced on a photograph.
    assert sum(told) >= len(paths) - (3 if is_graphic else 0)


def test_a_drawing_suits_a_palette_and_a_photograph_does_not() -> None:
    assert measure(drawing()).suits_palette
    assert not measure(photo()).suits_palette
    assert not measure(photo().colourspace("b-w")).suits_palette


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_pixels_at_hand_say_the_same_as_the_image(bands: int) -> None:
    image = cutout(333, 222)
    colors = image.extract_band(0, n=3)
    gray = colors.colourspace("b-w")
    image = {1: gray, 2: gray.bandjoin(image[3]), 3: colors, 4: image}[bands].copy_memory()

    at_hand = measure(image, memoryview(image.write_to_memory()).cast("B"))

    assert at_hand == measure(image)
    assert at_hand.uses_alpha is (bands in (2, 4))


@pytest.mark.parametrize("bands", [2, 4])
def test_alpha_is_found_where_the_sample_did_not_look(bands: int) -> None:
    opaque = (pyvips.Image.black(900, 700) + 255).cast("uchar")
    alpha = opaque.draw_rect(254, 17, 693, 1, 1)
    colors = photo(900, 700) if bands == 4 else photo(900, 700).colourspace("b-w")
    image = colors.bandjoin(alpha).copy_memory()
    pixels = memoryview(image.write_to_memory()).cast("B")

    assert measure(image, pixels).uses_alpha
    assert not measure(colors.bandjoin(opaque).copy_memory(), pixels[:0] or None).uses_alpha
