"""Scores of pictures drawn here, beside the slowly evaluated definition, and what always holds."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgproxy_py.engine.metric import METRIC, Reference
from tests.engine.metric.drawing import as_jpeg, gradient, graphic, landscape, noisy
from tests.engine.metric.slow import slow_score

# Float32 against float64, and the 83 norms that are left out.
TOLERANCE = 0.05


@pytest.mark.parametrize(
    ("width", "height", "quality"),
    [
        pytest.param(320, 200, 15, id="a bad picture"),
        pytest.param(320, 200, 60, id="a middling picture"),
        pytest.param(320, 200, 95, id="a good picture"),
        pytest.param(257, 131, 60, id="odd sides at every scale"),
        pytest.param(113, 113, 60, id="the smallest that is not mirrored"),
        pytest.param(1031, 120, 60, id="more columns than one strip"),
    ],
)
def test_photographs_score_as_the_whole_definition_says(
    width: int, height: int, quality: int
) -> None:
    pixels = landscape(width, height)
    spoiled = as_jpeg(pixels, quality)

    assert Reference.of(pixels).score(spoiled) == pytest.approx(
        slow_score(pixels, spoiled), abs=TOLERANCE
    )


def test_hard_colored_edges_score_as_the_whole_definition_says() -> None:
    pixels = np.ascontiguousarray(graphic(400, 300)[:, :, :3])
    spoiled = as_jpeg(pixels, 40)

    assert Reference.of(pixels).score(spoiled) == pytest.approx(
        slow_score(pixels, spoiled), abs=TOLERANCE
    )


@pytest.mark.parametrize(("strength", "score"), [(2, 92.8268), (8, 73.2854), (40, -11.7788)])
def test_scores_stay_what_they_were(strength: int, score: float) -> None:
    """Integer arithmetic draws these, so only the metric can move the numbers."""
    pixels = gradient(240, 160)
    spoiled = noisy(pixels, strength)

    assert Reference.of(pixels).score(spoiled) == pytest.approx(score, abs=1e-4)
    assert slow_score(pixels, spoiled) == pytest.approx(score, abs=TOLERANCE)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_a_picture_equals_itself(bands: int) -> None:
    pixels = noisy(np.full((150, 170, bands), 128, np.uint8), 90)

    assert Reference.of(pixels).score(pixels) >= 99.99


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 4))
def test_every_size_has_a_score_and_equals_itself(width: int, height: int, bands: int) -> None:
    pixels = noisy(np.full((height, width, bands), 100, np.uint8), 60)
    spoiled = noisy(pixels, 30, seed=6)
    reference = Reference.of(pixels)

    assert reference.score(pixels) >= 99.9
    assert reference.score(spoiled) < 99


def test_a_small_icon_scores_like_the_same_icon_repeated_in_mirrors() -> None:
    icon = graphic(48, 48)[:, :, :3]
    spoiled = noisy(icon, 20)
    mirrored = [np.pad(one, ((0, 65), (0, 65), (0, 0)), "symmetric") for one in (icon, spoiled)]

    assert Reference.of(icon).score(spoiled) == Reference.of(mirrored[0]).score(mirrored[1])


def test_turning_and_flipping_both_pictures_changes_nothing_that_matters() -> None:
    pixels = landscape(256, 256)
    spoiled = as_jpeg(pixels, 50)
    upright = Reference.of(pixels).score(spoiled)

    for axes in ((0,), (1,), (0, 1)):
        turned = [np.flip(one, axes) for one in (pixels, spoiled)]
        assert Reference.of(turned[0]).score(turned[1]) == pytest.approx(upright, abs=0.01)
    sideways = [one.transpose(1, 0, 2) for one in (pixels, spoiled)]
    assert Reference.of(sideways[0]).score(sideways[1]) == pytest.approx(upright, abs=0.01)


@pytest.mark.parametrize("picture", [landscape(400, 300), graphic(400, 300)[:, :, :3].copy()])
def test_a_worse_jpeg_never_scores_higher(picture: np.ndarray) -> None:
    reference = Reference.of(picture)
    scores = [reference.score(as_jpeg(picture, quality)) for quality in range(10, 100, 10)]

    assert scores == sorted(scores)


def test_gray_pictures_score_as_their_gray_in_three_bands() -> None:
    gray = landscape(200, 150)[:, :, 1:2].copy()
    spoiled = noisy(gray, 12)
    in_color = Reference.of(gray.repeat(3, axis=2)).score(spoiled.repeat(3, axis=2))

    assert Reference.of(gray).score(spoiled) == pytest.approx(in_color, abs=0.01)
    assert Reference.of(gray).score(spoiled.repeat(3, axis=2)) == in_color
    assert Reference.of(gray.repeat(3, axis=2)).score(spoiled) == in_color


def test_lost_color_is_seen_though_the_brightness_stays() -> None:
    pixels = landscape(200, 150)
    gray = Reference.of(pixels).score(pixels.mean(axis=2).astype(np.uint8)[:, :, None])

    assert gray < 50


def test_threads_that_share_a_reference_get_the_same_numbers() -> None:
    pixels = landscape(300, 200)
    spoiled = [as_jpeg(pixels, quality) for quality in (20, 40, 60, 80)] * 4
    reference = Reference.of(pixels)
    one_by_one = [Reference.of(pixels).score(one) for one in spoiled]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(reference.score, spoiled)) == one_by_one


def test_pixels_that_may_not_be_written_are_scored_too() -> None:
    pixels = landscape(120, 120)
    pixels.flags.writeable = False

    assert Reference.of(pixels).score(pixels[:, ::1]) >= 99.99


def test_another_size_is_refused_with_both_sizes_named() -> None:
    reference = Reference.of(landscape(120, 80))

    with pytest.raises(ValueError, match=r"the candidate has 80x120 pixels, the reference 120x80"):
        reference.score(landscape(80, 120))


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.zeros((9, 9, 5), np.uint8), id="five bands"),
        pytest.param(np.zeros((9, 9), np.uint8), id="no bands"),
        pytest.param(np.zeros((9, 9, 3), np.uint16), id="sixteen bits"),
        pytest.param(np.zeros((0, 9, 3), np.uint8), id="no rows"),
    ],
)
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="cannot be scored"):
        Reference.of(pixels)


def test_the_metric_has_a_name() -> None:
    assert METRIC == "ssimulacra2"
