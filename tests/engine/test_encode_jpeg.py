"""JPEGs on real pixels, by our quantizer and by mozjpeg: scans, sizes, chroma, quick ones."""

from dataclasses import replace

import pytest
import pyvips

from imgproxy_py.engine import encode
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.own_bytes import squeezed
from imgproxy_py.engine.quantization_tables import TABLES, TableName, scaled, zigzag
from tests.engine.encoding import brief, decoded, drawing, photo, still

OURS = [encode.MASKED_JPEG, encode.FULL_CHROMA_JPEG]
JPEGS = [encode.JPEG, *OURS]


@pytest.mark.parametrize(
    ("recipe", "small_size"),
    [
        pytest.param(encode.JPEG, (240, 160), id="mozjpeg's"),
        pytest.param(encode.MASKED_JPEG, (150, 150), id="ours"),
        pytest.param(encode.FULL_CHROMA_JPEG, (150, 150), id="ours 4:4:4"),
    ],
)
def test_small_jpegs_are_baseline_and_large_ones_progressive(
    recipe: Recipe, small_size: tuple[int, int]
) -> None:
    small = encode.encode(recipe, brief(still(photo(*small_size))), 72)
    large = encode.encode(recipe, brief(still(photo(400, 300))), 72)

    assert not decoded(small).get_typeof("interlaced")
    assert decoded(large).get("interlaced") == 1


@pytest.mark.parametrize("recipe", JPEGS, ids=encode.name_of)
@pytest.mark.parametrize("size", [(120, 80), (200, 140), (300, 200)])
def test_nothing_is_left_to_squeeze_of_a_settled_jpeg(
    recipe: Recipe, size: tuple[int, int]
) -> None:
    given = replace(brief(still(photo(*size))), tier=Tier.SETTLED)

    data = encode.encode(recipe, given, 72)

    assert len(data) <= len(encode.encode(recipe, replace(given, tier=Tier.LIVE), 72))
    facts = SourceFacts(format=ImageFormat.JPEG, width=size[0], height=size[1])
    assert squeezed(data, facts) == data


@pytest.mark.parametrize("recipe", OURS, ids=encode.name_of)
def test_a_quick_candidate_of_ours_has_the_very_pixels_of_the_final_one(
    recipe: Recipe,
) -> None:
    given = brief(still(photo(400, 300)))

    final = encode.encode(recipe, given, 72)
    quick = encode.encode(recipe, replace(given, is_quick=True), 72)

    assert len(final) < len(quick)
    assert float((decoded(final) - decoded(quick)).abs().max()) == 0


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        pytest.param(photo, TableName.FULL_CHROMA_MASKED, id="photograph"),
        pytest.param(drawing, TableName.MOZJPEG_8, id="drawing"),
    ],
)
def test_whole_chroma_of_drawings_is_left_to_mozjpeg(draw: object, name: TableName) -> None:
    image = draw(480, 320)  # type: ignore[operator]

    data = encode.encode(encode.FULL_CHROMA_JPEG, brief(still(image)), 72)

    assert bytes(zigzag(scaled(TABLES[name].brightness, 72))) in data
    assert bytes(zigzag(scaled(TABLES[name].color, 72))) in data


@pytest.mark.parametrize("recipe", OURS, ids=encode.name_of)
def test_noise_at_the_highest_quality_is_a_jpeg_all_the_same(recipe: Recipe) -> None:
    noise = pyvips.Image.gaussnoise(400, 300, mean=128, sigma=80, seed=1).cast("uchar")
    rgb = noise.bandjoin([noise.rot180(), noise.fliphor()]).copy(interpretation="srgb")

    result = decoded(encode.encode(recipe, brief(still(rgb)), 100))

    assert (result.width, result.height) == (400, 300)
