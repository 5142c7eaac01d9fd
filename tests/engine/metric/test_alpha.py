"""Transparency: two backgrounds, and the worse one counts."""

import numpy as np
import pytest

from imgproxy_py.engine.metric import Reference
from tests.engine.metric.drawing import Bytes, gradient, graphic, landscape, noisy
from tests.engine.metric.slow import slow_blend_score


def test_the_worse_of_a_dark_and_a_light_background_counts() -> None:
    pixels = graphic(240, 160)
    spoiled = noisy(pixels, 25)
    on_each = [slow_blend_score(pixels, spoiled, background) for background in (0.1, 0.9)]

    assert abs(on_each[0] - on_each[1]) > 0.1
    assert Reference.of(pixels).score(spoiled) == pytest.approx(min(on_each), abs=0.05)


@pytest.mark.parametrize(("strength", "score"), [(8, 72.1961), (40, -18.1793)])
def test_scores_with_alpha_stay_what_they_were(strength: int, score: float) -> None:
    """Integer arithmetic draws these, so only the metric can move the numbers."""
    pixels = np.concatenate([gradient(240, 160), gradient(240, 160)[:, ::-1, :1]], axis=2)
    spoiled = noisy(pixels, strength)

    assert Reference.of(pixels).score(spoiled) == pytest.approx(score, abs=1e-4)


def test_colors_under_full_transparency_are_not_seen() -> None:
    pixels = graphic(200, 200)
    hidden = pixels[:, :, 3] == 0
    spoiled = pixels.copy()
    spoiled[hidden, :3] = (255, 0, 255)

    assert hidden.any()
    assert Reference.of(pixels).score(spoiled) == Reference.of(pixels).score(pixels)


def test_a_hole_is_seen_even_where_the_colors_agree() -> None:
    pixels = with_alpha(landscape(200, 150), 255)
    holed = pixels.copy()
    holed[50:80, 50:80, 3] = 0

    assert Reference.of(pixels).score(holed) < 80
    assert Reference.of(holed).score(pixels) < 80


def test_an_alpha_band_that_hides_nothing_changes_nothing() -> None:
    pixels = landscape(200, 150)
    spoiled = noisy(pixels, 9)
    plain = Reference.of(pixels).score(spoiled)

    assert Reference.of(with_alpha(pixels, 255)).score(spoiled) == plain
    assert Reference.of(pixels).score(with_alpha(spoiled, 255)) == plain


def test_gray_with_alpha_scores_as_its_gray_in_three_bands() -> None:
    gray = noisy(np.full((150, 150, 2), 120, np.uint8), 100)
    spoiled = noisy(gray, 15, seed=9)
    in_color = [one[:, :, [0, 0, 0, 1]].copy() for one in (gray, spoiled)]

    expected = Reference.of(in_color[0]).score(in_color[1])
    assert Reference.of(gray).score(spoiled) == pytest.approx(expected, abs=0.01)
    assert Reference.of(gray).score(in_color[1]) == expected


def with_alpha(pixels: Bytes, alpha: int) -> Bytes:
    band = np.full((*pixels.shape[:2], 1), alpha, np.uint8)
    return np.concatenate([pixels, band], axis=2)
