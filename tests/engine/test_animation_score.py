"""The score of an animation: matched by time, steady, and lower where frames are worse."""

from dataclasses import replace

import pytest
import pyvips

from imgproxy_py.engine.animation_score import AnimationReference, sampled_frames, summary
from imgproxy_py.engine.encode.animated_webp import (
    encode_animated_webp,
    encode_lossless_animated_webp,
)
from imgproxy_py.engine.encode.gif import encode_gif
from imgproxy_py.engine.encode.video import encode_mp4, encode_webm
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Color
from tests.engine.encoding import cutout
from tests.engine.moving import brief_of, drawn, panning, rendered


def test_a_lossless_animation_scores_a_hundred_although_neighbors_were_joined() -> None:
    brief = brief_of(drawn([0, 0, 0, 20, 20, 40, 0, 40, 40, 20], [40, 90, 0, 30] + [70] * 6))

    data = encode_lossless_animated_webp(brief)

    assert pyvips.Image.new_from_buffer(data, "").get("n-pages") < brief.rendered.frames
    assert AnimationReference.of(brief).score(data, ImageFormat.WEBP) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("encode", "image_format", "qualities"),
    [
        pytest.param(encode_animated_webp, ImageFormat.WEBP, (30, 60, 90), id="webp"),
        pytest.param(encode_gif, ImageFormat.GIF, (10, 50, 95), id="gif"),
        pytest.param(encode_webm, ImageFormat.WEBM, (45, 62, 80), id="webm"),
        pytest.param(encode_mp4, ImageFormat.MP4, (60, 70, 82), id="mp4"),
    ],
)
def test_more_quality_is_more_score_and_more_bytes(
    encode: object, image_format: ImageFormat, qualities: tuple[int, ...]
) -> None:
    if image_format in (ImageFormat.WEBM, ImageFormat.MP4):
        pytest.importorskip("av")
    brief = brief_of(panning(8))
    reference = AnimationReference.of(brief)

    results = [encode(brief, quality) for quality in qualities]  # type: ignore[operator]

    sizes = [len(data) for data in results]
    scores = [reference.score(data, image_format) for data in results]
    assert sizes == sorted(sizes)
    assert scores == sorted(scores)
    assert scores[0] < scores[-1] - 10


def test_frames_in_the_wrong_order_score_far_lower() -> None:
    brief = brief_of(drawn([0, 10, 20, 30, 40], [100] * 5))
    swapped = brief_of(drawn([40, 30, 20, 10, 0], [100] * 5))

    score = AnimationReference.of(brief).score(
        encode_lossless_animated_webp(swapped), ImageFormat.WEBP
    )

    assert score < 60


def test_one_bad_frame_of_those_looked_at_lowers_the_score() -> None:
    assert summary([90.0, 90.0, 90.0, 50.0]) == 70.0


def test_a_video_with_an_odd_side_is_compared_without_the_pixel_it_grew_by() -> None:
    pytest.importorskip("av")
    brief = brief_of(panning(4, width=161, height=97))

    score = AnimationReference.of(brief).score(encode_mp4(brief, 88), ImageFormat.MP4)

    assert score > 70


def test_a_video_is_compared_with_the_reference_on_its_background() -> None:
    pytest.importorskip("av")
    moving = rendered([cutout(), cutout().fliphor()], [100, 100])
    blue = replace(brief_of(moving), background=Color(red=0, green=0, blue=255))
    data = encode_webm(blue, 80)

    on_blue = AnimationReference.of(blue).score(data, ImageFormat.WEBM)
    on_white = AnimationReference.of(brief_of(moving)).score(data, ImageFormat.WEBM)

    assert on_blue > on_white + 30


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 60, 1_000])
def test_frames_looked_at_rise_and_include_the_last(frames: int) -> None:
    moving = drawn([number % 41 for number in range(frames)], [50] * frames)

    numbers = sampled_frames(moving)

    assert list(numbers) == sorted(set(numbers))
    assert len(numbers) == min(frames, max(4, min(frames // 6, 8)))
    assert numbers[-1] == frames - 1 or len(numbers) % 2


def test_the_frame_that_changes_most_is_looked_at() -> None:
    # Nothing moves but once, in the third quarter, which looks for change.
    moving = drawn([0] * 13 + [40] * 11, [50] * 24)

    assert 13 in sampled_frames(moving)


@pytest.mark.parametrize("image_format", [ImageFormat.GIF, ImageFormat.WEBP, ImageFormat.MP4])
def test_what_cannot_be_read_back_is_said_so(image_format: ImageFormat) -> None:
    if image_format is ImageFormat.MP4:
        pytest.importorskip("av")
    reference = AnimationReference.of(brief_of(drawn([0, 40], [50, 50])))

    with pytest.raises(BrokenImage) as raised:
        reference.score(b"no picture", image_format)

    assert str(raised.value) == "a result could not be read back"
