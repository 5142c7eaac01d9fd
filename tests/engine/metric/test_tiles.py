"""Large pictures: sixteen tiles while searching, the whole in bands to confirm."""

import numpy as np
import pytest

from imgproxy_py.engine.metric import Reference, TiledReference, bands
from imgproxy_py.engine.metric.tiles import SIDE, corners
from tests.engine.metric.drawing import as_jpeg, graphic, landscape, noisy


@pytest.mark.parametrize("rows_of_bands", [1, 100_000])
def test_the_whole_is_confirmed_as_an_ordinary_reference_scores_it(
    rows_of_bands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bands, "_BAND_PIXELS", rows_of_bands)
    pixels = landscape(300, 643)
    spoiled = as_jpeg(pixels, 60)

    confirmed = TiledReference.of(pixels).confirm(spoiled)

    assert confirmed == pytest.approx(Reference.of(pixels).score(spoiled), abs=1e-3)


def test_alpha_and_gray_are_confirmed_too() -> None:
    pixels = graphic(300, 400)
    gray = pixels[:, :, 1:2].copy()
    spoiled = noisy(pixels, 15)

    for reference in (pixels, gray):
        confirmed = TiledReference.of(reference).confirm(spoiled)
        assert confirmed == pytest.approx(Reference.of(reference).score(spoiled), abs=1e-3)


def test_one_tile_scores_as_the_picture_it_is() -> None:
    pixels = landscape(400, 300)
    spoiled = as_jpeg(pixels, 50)

    assert TiledReference.of(pixels).score(spoiled) == Reference.of(pixels).score(spoiled)


def test_damage_in_a_quarter_of_the_picture_decides() -> None:
    pixels = noisy(np.full((1500, 1500, 3), 120, np.uint8), 30)
    spoiled = pixels.copy()
    spoiled[:750, :750] = noisy(pixels[:750, :750], 60, seed=8)
    reference = TiledReference.of(pixels)

    assert reference.score(pixels) >= 99.9
    assert reference.score(spoiled) < reference.confirm(spoiled)


@pytest.mark.parametrize("size", [(2400, 5000), (5000, 2400), (3000, 3000), (700, 9000)])
def test_tiles_reach_every_side_and_none_covers_another(size: tuple[int, int]) -> None:
    seen = np.zeros(size, np.uint8)
    for top, left in corners(size):
        seen[top : top + SIDE, left : left + SIDE] += 1

    assert len(corners(size)) == 16
    assert seen.sum() == 16 * SIDE**2
    assert seen.max() <= 2
    if size[0] > 2 * SIDE:
        assert seen[0].any()
        assert seen[-1].any()
    assert seen[:, 0].any()
    assert seen[:, -1].any()


def test_another_size_is_refused() -> None:
    reference = TiledReference.of(landscape(120, 80))

    for call in (reference.score, reference.confirm):
        with pytest.raises(ValueError, match="the candidate has 119x80 pixels"):
            call(landscape(119, 80))
