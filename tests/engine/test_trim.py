"""Trim: a border of one color goes, exactly, and nothing else does."""

from tests.engine.drawing import (
    QUARTERS,
    RED,
    corners,
    difference,
    is_near,
    plain,
    quarters,
    rendered,
    size,
)


def test_trim_takes_exactly_the_border_of_one_color_away_before_the_resize() -> None:
    picture = quarters(300, 100).embed(40, 25, 400, 200, extend="background", background=[9, 9, 9])

    trimmed = rendered(picture.pngsave_buffer(), trims_border=True)
    resized = rendered(picture.pngsave_buffer(), trims_border=True, width=150)

    assert difference(trimmed.image, quarters(300, 100)) == 0
    assert not trimmed.is_source_size
    assert size(resized) == (150, 50)
    assert all(map(is_near, corners(resized.image), QUARTERS))


def test_trim_leaves_a_border_of_nearly_one_color_and_a_blank_picture_alone() -> None:
    picture = quarters(100, 100).embed(10, 10, 120, 120, extend="background", background=[9, 9, 9])
    for x, y in ((0, 60), (119, 60), (60, 0), (60, 119)):
        picture = picture.insert(plain(1, 1, (9, 9, 10)), x, y)

    assert size(rendered(picture.pngsave_buffer(), trims_border=True)) == (120, 120)
    assert size(rendered(plain(30, 20, RED).pngsave_buffer(), trims_border=True)) == (30, 20)


def test_trim_sees_a_black_drawing_on_transparent_black() -> None:
    drawing = plain(20, 20, (0, 0, 0, 255))
    picture = drawing.embed(15, 5, 60, 40, extend="background", background=[0, 0, 0, 0])

    assert size(rendered(picture.pngsave_buffer(), trims_border=True)) == (20, 20)
