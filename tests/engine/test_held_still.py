"""What stays as it is between the frames of a GIF, by single pixels."""

from collections.abc import Sequence

import numpy as np
import pytest
import pyvips

from imgproxy_py.engine.encode.held_still import held_still
from imgproxy_py.engine.pixels import Pixels, array_of

GRAY = (100, 100, 100)


def tall(*frames: Sequence[tuple[int, ...]]) -> pyvips.Image:
    """Frames of one row each."""
    pixels = np.array(frames, np.uint8)
    image = pyvips.Image.new_from_memory(
        pixels.tobytes(), pixels.shape[1], len(frames), pixels.shape[2], "uchar"
    ).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "page-height", 1)
    image.set_type(pyvips.GValue.gint_type, "loop", 3)
    return image


def held(*frames: Sequence[tuple[int, ...]], stray: float = 5) -> Pixels:
    return array_of(held_still(tall(*frames), len(frames), stray))


def test_a_pixel_that_hardly_changes_is_that_of_the_frame_before() -> None:
    shown = held([GRAY, GRAY], [(103, 104, 100), (200, 0, 0)])

    assert shown[1].tolist() == [list(GRAY), [200, 0, 0]]


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        pytest.param((3, 4, 0), True, id="as far as allowed"),
        pytest.param((3, 4, 1), False, id="a little further"),
        pytest.param((0, 0, -6), False, id="darker"),
        pytest.param((155, 155, 155), False, id="as far as can be"),
    ],
)
def test_how_far_is_measured_over_all_colors(change: tuple[int, ...], is_kept: bool) -> None:
    there = tuple(color + by for color, by in zip(GRAY, change, strict=True))

    shown = held([GRAY, GRAY], [there, (0, 0, 0)])

    assert tuple(shown[1, 0]) == (GRAY if is_kept else there)


def test_a_frame_that_takes_back_what_was_held_back_is_still_another_one() -> None:
    faint, red = (103, 100, 100), (200, 0, 0)

    shown = held([GRAY, GRAY], [faint, red], [GRAY, red])

    assert shown.tolist() == [[list(GRAY)] * 2, [list(faint), list(red)], [list(GRAY), list(red)]]


def test_slow_changes_do_not_pile_up() -> None:
    ramp = [[(100 + 2 * number,) * 3, (number * 100, 0, 0)] for number in range(3)]
    shown = held(
        *ramp, *[[(106 + 2 * number,) * 3, (0, number * 100, 0)] for number in range(1, 3)]
    )

    strays = [abs(int(shown[at, 0, 0]) - wanted) for at, wanted in enumerate((100, 102, 104, 108))]
    assert max(strays) <= 3


def test_a_frame_whose_only_change_is_small_keeps_it() -> None:
    shown = held([GRAY, GRAY], [(101, 100, 100), GRAY], [(102, 100, 100), GRAY])

    assert shown[:, 0, 0].tolist() == [100, 101, 102]


def test_what_is_transparent_has_no_color_to_change() -> None:
    shown = held([(9, 9, 9, 0), (9, 9, 9, 0)], [(200, 0, 0, 100), (200, 0, 0, 255)])

    assert shown[1].tolist() == [[9, 9, 9, 0], [200, 0, 0, 255]]


def test_gray_pictures_are_held_too() -> None:
    shown = held([(100,), (100,)], [(104,), (110,)])

    assert shown[1].tolist() == [[100], [110]]


@pytest.mark.parametrize("stray", [0, 8])
def test_the_first_frame_its_size_and_the_plays_stay(stray: float) -> None:
    image = held_still(tall([GRAY, GRAY], [(101, 100, 100), (0, 0, 0)]), 2, stray)

    assert (image.width, image.height, image.get("page-height"), image.get("loop")) == (2, 2, 1, 3)
    assert array_of(image)[0].tolist() == [list(GRAY), list(GRAY)]
