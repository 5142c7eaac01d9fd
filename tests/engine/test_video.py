"""Videos of an animation, read back with PyAV."""

import io
import sys
from dataclasses import replace

import pytest
import pyvips

from imgproxy_py.engine import encode
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.video_codecs import CODECS
from imgproxy_py.engine.errors import FormatUnavailable
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.rendered import Rendered
from options_grammar.options import Color
from tests.engine.encoding import (
    DELAYS_MS,
    animation,
    brief,
    cutout,
    mean_error,
    photo,
    still,
)

av = pytest.importorskip("av")
QUALITY = {encode.WEBM: 66, encode.MP4: 77}
VIDEOS = pytest.mark.parametrize("recipe", [encode.WEBM, encode.MP4], ids=lambda r: str(r.format))


def frames_of(data: bytes) -> list[tuple[float, pyvips.Image]]:
    """When each frame appears, in seconds, and its pixels."""
    frames = []
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(video=0):
            rgb = frame.reformat(format="rgb24", src_colorspace="ITU709")
            plane = rgb.planes[0]
            image = pyvips.Image.new_from_memory(
                bytes(plane), plane.line_size // 3, rgb.height, 3, "uchar"
            ).crop(0, 0, rgb.width, rgb.height)
            frames.append((float(frame.time), image.copy(interpretation="srgb")))
    return frames


@VIDEOS
def test_every_frame_appears_at_its_moment(recipe: Recipe) -> None:
    data = encode.encode(recipe, brief(animation()), QUALITY[recipe])

    starts = [sum(DELAYS_MS[:index]) / 1000 for index in range(len(DELAYS_MS))]
    assert [at for at, _ in frames_of(data)] == pytest.approx(starts, abs=0.001)


@VIDEOS
def test_the_video_lasts_as_long_as_the_animation(recipe: Recipe) -> None:
    data = encode.encode(recipe, brief(animation()), QUALITY[recipe])

    with av.open(io.BytesIO(data)) as container:
        assert container.duration / 1e6 == pytest.approx(sum(DELAYS_MS) / 1000, abs=0.002)


def test_the_last_frame_of_an_mp4_is_shown_for_its_whole_time() -> None:
    # Frames as alike as these invite B-frames, whose delay once swallowed the end.
    page = still(photo()).image
    pages = [page.linear([1] * 3, [-2 * index] * 3).cast("uchar") for index in range(10)]
    slow = Rendered(
        image=pyvips.Image.arrayjoin(pages, across=1).copy_memory(),
        page_height=page.height,
        frames=10,
        delays_ms=(*[100] * 9, 3000),
    )

    data = encode.encode(encode.MP4, brief(slow), QUALITY[encode.MP4])

    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        shown = float(stream.duration * stream.time_base)
    assert shown == pytest.approx(sum(slow.delays_ms) / 1000, abs=0.002)


@VIDEOS
def test_frames_look_like_the_reference(recipe: Recipe) -> None:
    moving = animation()

    frames = frames_of(encode.encode(recipe, brief(moving), QUALITY[recipe]))

    assert len(frames) == moving.frames
    for index, (_, image) in enumerate(frames):
        page = moving.image.crop(0, index * moving.page_height, moving.width, moving.page_height)
        # Grain is what a video loses first.
        assert mean_error(image, page) <= 6.0


@VIDEOS
def test_odd_sides_grow_by_one_pixel(recipe: Recipe) -> None:
    moving = animation(width=241, height=161)

    data = encode.encode(recipe, brief(moving), QUALITY[recipe])

    _, first = frames_of(data)[0]
    assert (first.width, first.height) == (242, 162)
    assert encode.size_of(recipe.format, moving) == (242, 162)


@VIDEOS
def test_transparency_is_laid_on_the_background(recipe: Recipe) -> None:
    page = cutout()
    tall = pyvips.Image.arrayjoin([page, page], across=1).copy_memory()
    moving = Rendered(image=tall, page_height=page.height, frames=2, delays_ms=(100, 100))
    blue = replace(brief(moving), background=Color(red=0, green=0, blue=255))

    _, first = frames_of(encode.encode(recipe, blue, QUALITY[recipe]))[0]

    assert first(2, 80)[0] < 40
    assert first(2, 80)[2] > 215


def test_an_mp4_can_be_played_before_it_has_arrived_whole() -> None:
    data = encode.encode(encode.MP4, brief(animation()), QUALITY[encode.MP4])

    assert data.index(b"moov") < data.index(b"mdat")


def test_more_effort_for_whoever_can_wait_makes_a_smaller_file() -> None:
    live = brief(animation())
    quick, settled = replace(live, is_quick=True), replace(live, tier=Tier.SETTLED)

    sizes = [len(encode.encode(encode.WEBM, each, 66)) for each in (quick, live, settled)]

    assert sizes[0] > sizes[1] >= sizes[2]


def test_an_mp4_asks_no_more_of_a_player_than_its_frames_need() -> None:
    data = encode.encode(encode.MP4, brief(animation()), 77)

    # ISO/IEC 14496-15: the configuration holds version, profile, constraints, level times ten.
    level = data[data.index(b"avcC") + 7]
    assert level <= 31


@VIDEOS
def test_a_video_does_not_tell_how_its_encoder_was_set(recipe: Recipe) -> None:
    data = encode.encode(recipe, brief(animation()), QUALITY[recipe])

    assert b"cabac" not in data
    assert b"Lavc" not in data


@VIDEOS
def test_the_same_animation_gives_the_same_bytes(recipe: Recipe) -> None:
    results = {encode.encode(recipe, brief(animation()), QUALITY[recipe]) for _ in range(2)}

    assert len(results) == 1


@VIDEOS
def test_qualities_beyond_the_scale_of_the_codec_are_its_ends(recipe: Recipe) -> None:
    lowest = 100 - CODECS[recipe.format].highest_rate_factor
    moving = brief(animation())

    assert encode.encode(recipe, moving, 1) == encode.encode(recipe, moving, lowest)


def test_without_pyav_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)

    with pytest.raises(FormatUnavailable) as raised:
        encode.encode(encode.WEBM, brief(animation()), QUALITY[encode.WEBM])

    assert str(raised.value) == (
        "format=webm needs PyAV, which is not installed here;"
        " remedy: pip install imgproxy-py[video]"
    )
