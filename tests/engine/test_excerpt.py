"""What a few frames tell of a long animation."""

import pytest

from imgproxy_py.engine.encode.animated_webp import encode_animated_webp, lossless_ratio
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import excerpt, expected_bytes
from imgproxy_py.engine.encode.gif import encode_gif, is_worth_encoding
from tests.engine.moving import brief_of, drawn, panning, rendered
from tests.pictures import landscape


def test_the_excerpt_foretells_the_bytes_of_the_whole() -> None:
    brief = brief_of(panning(40))

    expected = expected_bytes(brief, lambda part: encode_animated_webp(part, 75))

    assert expected == pytest.approx(len(encode_animated_webp(brief, 75)), rel=0.2)


def test_a_short_animation_is_encoded_whole() -> None:
    brief = brief_of(panning(6))

    expected = expected_bytes(brief, lambda part: encode_animated_webp(part, 75))

    assert expected == len(encode_animated_webp(brief, 75))


def test_the_excerpt_is_frames_from_the_first_to_the_last_with_their_delays() -> None:
    moving = drawn(list(range(40)), [20 + number for number in range(40)])

    part = excerpt(brief_of(moving)).rendered

    assert part.frames == 12
    assert part.delays_ms == (20, 21, 22, 23, 38, 39, 40, 41, 56, 57, 58, 59)
    assert part.image.height == 12 * moving.page_height


def test_photographs_speak_for_lossy_and_drawings_for_lossless() -> None:
    assert lossless_ratio(brief_of(panning(30)), 75) > 3
    assert lossless_ratio(brief_of(drawn([number % 41 for number in range(30)], [50] * 30)), 75) < 1


def test_a_gif_that_will_be_larger_than_the_source_is_not_worth_encoding() -> None:
    brief = brief_of(panning(30))
    size = len(encode_gif(brief, 50))

    assert is_worth_encoding(brief, 50, own_bytes=size)
    assert not is_worth_encoding(brief, 50, own_bytes=size // 2)


def test_cuts_that_the_excerpt_has_not_seen_are_counted_by_how_much_they_change() -> None:
    """A recording of a screen: little moves for most of the time, and now and then all changes."""
    scenes = [landscape(160, 96, seed=seed) for seed in range(6)]
    pages = [
        scenes[number // 9].draw_rect([220, 30, 30], 4 + 2 * number, 40, 9, 9, fill=True)
        for number in range(54)
    ]
    brief = brief_of(rendered(pages, [50] * 54))

    expected = expected_bytes(brief, lambda part: encode_gif(part, 50))

    assert expected == pytest.approx(len(encode_gif(brief, 50)), rel=0.25)


def test_what_is_known_of_the_excerpt_is_not_encoded_again() -> None:
    brief = brief_of(panning(30))
    asked: list[int] = []

    def encoded(part: Brief) -> bytes:
        asked.append(part.rendered.frames)
        return encode_animated_webp(part, 75)

    known = encode_animated_webp(excerpt(brief), 75)
    assert expected_bytes(brief, encoded, known) == expected_bytes(brief, encoded)
    assert asked == [3, 12, 3]
