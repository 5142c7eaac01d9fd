"""Palettes and other encodings of drawings: colors, dithering, tiers, what nobody sees."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.png import (
    encode_flat_palette_png,
    encode_lossless_png,
    encode_palette_png,
    quantizer_quality,
)
from imgproxy_py.engine.encode.webp import (
    encode_flat_palette_webp,
    encode_lossless_webp,
    encode_near_lossless_webp,
    encode_palette_webp,
)
from imgproxy_py.engine.job import Tier
from tests.engine.drawing import gradient
from tests.engine.encoding import brief, cutout, decoded, drawing, mean_error, photo, still
from tests.pictures import graphic

Encoder = Callable[[Brief, int], bytes]
PALETTES = [
    pytest.param(encode_palette_png, id="png"),
    pytest.param(encode_flat_palette_png, id="png flat"),
    pytest.param(encode_palette_webp, id="webp"),
    pytest.param(encode_flat_palette_webp, id="webp flat"),
]
LOSSLESS = [
    pytest.param(encode_lossless_png, id="png"),
    pytest.param(encode_lossless_webp, id="webp"),
]


def pixels(image: pyvips.Image) -> npt.NDArray[np.uint8]:
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands)


def colors(data: bytes) -> int:
    return len(np.unique(pixels(decoded(data)).reshape(-1, decoded(data).bands), axis=0))


def changes(data: bytes) -> int:
    """How many pixels differ from their left neighbor."""
    array = pixels(decoded(data))
    return int((array[:, 1:] != array[:, :-1]).any(axis=2).sum())


@pytest.mark.parametrize("encode", PALETTES)
def test_a_higher_quality_takes_more_colors_and_errs_less(encode: Encoder) -> None:
    given = brief(still(photo()))
    results = [encode(given, quality) for quality in (10, 40, 70, 90)]
    counts = [colors(data) for data in results]
    errors = [mean_error(decoded(data), photo()) for data in results]

    assert counts == sorted(set(counts))
    assert errors == sorted(errors, reverse=True)
    assert max(counts) <= 256


def test_the_quantizers_quality_rises_from_one_to_a_hundred() -> None:
    scale = [quantizer_quality(quality) for quality in range(1, 101)]

    assert scale == sorted(scale)
    assert (scale[0], scale[-1]) == (1, 100)


def test_a_flat_palette_has_no_grain() -> None:
    given = brief(still(gradient(240, 160)))

    flat = encode_flat_palette_png(given, 60)
    dithered = encode_palette_png(given, 60)

    assert changes(flat) < changes(dithered) / 2
    assert len(flat) < len(dithered)


@pytest.mark.parametrize(
    ("as_png", "as_webp"),
    [
        pytest.param(encode_palette_png, encode_palette_webp, id="dithered"),
        pytest.param(encode_flat_palette_png, encode_flat_palette_webp, id="flat"),
    ],
)
def test_webp_carries_the_same_palette_as_png(as_png: Encoder, as_webp: Encoder) -> None:
    given = brief(still(drawing()))

    carried = pixels(decoded(as_webp(given, 60)))

    assert np.array_equal(carried, pixels(decoded(as_png(given, 60)).colourspace("srgb")))


@pytest.mark.parametrize("encode", PALETTES)
def test_a_quick_palette_already_has_the_final_pixels(encode: Encoder) -> None:
    given = brief(still(photo()))

    quick = encode(replace(given, is_quick=True), 50)

    assert np.array_equal(pixels(decoded(quick)), pixels(decoded(encode(given, 50))))


@pytest.mark.parametrize("encode", PALETTES)
def test_a_palette_keeps_soft_edges_soft(encode: Encoder) -> None:
    image = cutout()

    result = decoded(encode(brief(still(image)), 85))

    assert len(np.unique(pixels(result)[..., 3])) > 20
    assert mean_error(result, image) <= 6.0


@pytest.mark.parametrize("encode", [*PALETTES, *LOSSLESS])
@pytest.mark.parametrize("draw", [photo, drawing, cutout])
def test_a_settled_result_is_never_larger_than_a_live_one(
    encode: Encoder, draw: Callable[[int, int], pyvips.Image]
) -> None:
    live = brief(still(draw(96, 64)))

    assert len(encode(replace(live, tier=Tier.SETTLED), 70)) <= len(encode(live, 70))


def test_settled_work_saves_bytes_somewhere() -> None:
    live = brief(still(drawing(480, 320)))
    settled = replace(live, tier=Tier.SETTLED)

    saved = [
        len(encode(live, 100)) - len(encode(settled, 100))
        for encode in (encode_lossless_png, encode_lossless_webp)
    ]

    assert max(saved) > 0


def veiled() -> pyvips.Image:
    """A drawing whose transparent ground hides noise."""
    image = graphic(240, 160)
    noise = pyvips.Image.gaussnoise(240, 160, mean=128, sigma=60, seed=3).cast("uchar")
    ground = noise.bandjoin([noise.fliphor(), noise.flipver()])
    shown = (image[3] == 0).ifthenelse(ground, image.extract_band(0, n=3))
    return shown.bandjoin(image[3]).copy(interpretation="srgb").copy_memory()


@pytest.mark.parametrize("encode", LOSSLESS)
def test_colors_that_nobody_sees_are_kept_only_where_every_pixel_counts(encode: Encoder) -> None:
    image = veiled()
    seen = brief(still(image))
    exact = replace(seen, is_exact=True)

    assert np.array_equal(pixels(decoded(encode(exact, 100))), pixels(image))
    assert mean_error(decoded(encode(seen, 100)), image) == 0
    assert len(encode(seen, 100)) < len(encode(exact, 100)) / 4


def test_near_lossless_gives_up_little_for_many_bytes() -> None:
    given = brief(still(photo()))
    exact = encode_lossless_webp(given, 100)

    results = [encode_near_lossless_webp(given, at) for at in (20, 40, 60, 80)]
    errors = [mean_error(decoded(data), photo()) for data in results]

    assert all(len(data) < 0.8 * len(exact) for data in results)
    assert errors == sorted(errors, reverse=True)
    assert 0 < errors[-1] < errors[0] < 2


def test_near_lossless_knows_five_levels() -> None:
    given = brief(still(photo()))

    assert encode_near_lossless_webp(given, 40) == encode_near_lossless_webp(given, 59)
    assert encode_near_lossless_webp(given, 80) == encode_near_lossless_webp(given, 100)
