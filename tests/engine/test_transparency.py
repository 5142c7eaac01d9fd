"""Transparent pixels: what they hide stays hidden, and where alpha has to go it goes."""

from options_grammar.options import Color, Fit, Format
from tests.engine.drawing import color_at, plain, quarters, rendered


def test_a_transparent_picture_is_flattened_on_the_padding() -> None:
    clear: bytes = plain(50, 50, (200, 0, 0, 0)).pngsave_buffer()

    result = rendered(
        clear, width=100, height=100, fit=Fit.PAD, background=Color(red=0, green=99, blue=0)
    )

    assert not result.has_alpha
    assert color_at(result.image, 0.5, 0.5) == (0, 99, 0)


def test_transparent_pixels_do_not_bleed_into_visible_ones() -> None:
    # Red that is visible beside green that is not: a resize that forgets alpha mixes them.
    visible, hidden = plain(100, 200, (255, 0, 0, 255)), plain(100, 200, (0, 255, 0, 0))
    picture = visible.join(hidden, "horizontal")

    result = rendered(picture.pngsave_buffer(), width=50).image

    seen = (result[3] > 20).ifthenelse(result[1], 0)
    assert seen.max() <= 2


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    opaque: bytes = quarters(40, 40).bandjoin(255).pngsave_buffer()
    clear: bytes = quarters(40, 40).bandjoin(254).pngsave_buffer()

    assert not rendered(opaque).has_alpha
    assert rendered(clear).has_alpha


def test_alpha_goes_when_the_asked_for_format_has_none() -> None:
    clear: bytes = plain(40, 40, (0, 0, 0, 0)).pngsave_buffer()

    result = rendered(clear, format=Format.JPEG, background=Color(red=1, green=2, blue=3))

    assert color_at(result.image, 0.5, 0.5) == (1, 2, 3)
