"""How much changes from frame to frame, by some of the pixels."""

import pytest

from imgproxy_py.engine.frame_changes import changed_shares, mean_changes
from tests.engine.drawing import plain
from tests.engine.moving import drawn, rendered


def test_a_frame_like_the_one_before_has_no_change_and_the_first_is_all_new() -> None:
    moving = drawn([0, 0, 40, 40], [50] * 4)

    means, shares = mean_changes(moving), changed_shares(moving)

    assert (means[0], means[1], means[3]) == (0, 0, 0)
    assert (shares[0], shares[1], shares[3]) == (1, 0, 0)
    assert means[2] > 0
    # Two squares of 16 x 16 in a picture of 64 x 64.
    assert shares[2] == pytest.approx(0.125, abs=0.05)


def test_a_cut_changes_every_pixel_and_grain_changes_none() -> None:
    pages = [plain(32, 24, color) for color in ((90, 90, 90), (98, 90, 90), (200, 90, 90))]

    assert changed_shares(rendered(pages, [50] * 3)) == [1, 0, 1]


def test_sides_that_no_step_divides_are_looked_at_too() -> None:
    pages = [plain(3, 7, (0, 0, 0)), plain(3, 7, (255, 255, 255))]

    assert changed_shares(rendered(pages, [50, 50])) == [1, 1]
    assert mean_changes(rendered(pages, [50, 50])) == [0, 255]
