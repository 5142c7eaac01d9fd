"""Animated results keep frames, delays and plays; equal neighbors may be joined."""

import io
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from imgproxy_py.engine.encode.animated_webp import (
    encode_animated_webp,
    encode_lossless_animated_webp,
)
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.gif import encode_gif
from imgproxy_py.engine.encode.video import encode_mp4, encode_webm
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.timeline import shown_delays_ms, whole_centiseconds
from options_grammar.options import Options
from tests.engine.drawing import rendered_from, source_at
from tests.engine.moving import brief_of, drawn

PICTURES = {
    "gif": lambda brief: encode_gif(brief, 90),
    "webp": lambda brief: encode_animated_webp(brief, 80),
    "lossless webp": encode_lossless_animated_webp,
}
VIDEOS = {
    "webm": lambda brief: encode_webm(brief, 70),
    "mp4": lambda brief: encode_mp4(brief, 76),
}
FRAMES = st.lists(
    st.tuples(st.sampled_from([0, 20, 40]), st.integers(0, 400)), min_size=2, max_size=7
)


def stays(positions: list[int], delays_ms: list[int]) -> list[int]:
    """How long each picture is on the screen until another one comes."""
    pairs = zip(positions, delays_ms, strict=True)
    return [sum(delay for _, delay in run) for _, run in groupby(pairs, key=lambda pair: pair[0])]


def red_square_at(image: pyvips.Image, page: int, height: int) -> int:
    """The position that was drawn, by the left edge of what is red."""
    row = image.crop(0, page * height + 23, image.width, 1)
    red = [x for x in range(image.width) if row(x, 0)[0] - row(x, 0)[2] > 80]
    return 20 * round((red[0] - 4) / 20)


@pytest.mark.parametrize("name", PICTURES)
@settings(max_examples=12, deadline=None)
@given(frames=FRAMES, loop=st.sampled_from([0, 1, 3]))
def test_every_picture_stays_as_long_as_it_was_shown(
    name: str, frames: list[tuple[int, int]], loop: int
) -> None:
    positions, delays = [at for at, _ in frames], [delay for _, delay in frames]
    moving = drawn(positions, delays, loop=loop)

    result = pyvips.Image.new_from_buffer(PICTURES[name](brief_of(moving)), "", n=-1)

    told = shown_delays_ms(moving)
    told = whole_centiseconds(told) if name == "gif" else told
    count = result.height // moving.page_height
    seen = [red_square_at(result, page, moving.page_height) for page in range(count)]
    if count > 1:  # one frame is a still picture, which has no delay
        assert stays(seen, result.get("delay")[:count]) == stays(positions, told)
        assert result.get("loop") == loop
    assert [at for at, _ in groupby(seen)] == [at for at, _ in groupby(positions)]


@pytest.mark.parametrize("name", VIDEOS)
@settings(max_examples=6, deadline=None)
@given(frames=FRAMES)
def test_a_video_lasts_as_long_as_the_animation(name: str, frames: list[tuple[int, int]]) -> None:
    av = pytest.importorskip("av")
    moving = drawn([at for at, _ in frames], [delay for _, delay in frames])

    with av.open(io.BytesIO(VIDEOS[name](brief_of(moving)))) as container:
        lasts_ms = container.duration / 1000
        starts = [round(1000 * frame.time) for frame in container.decode(video=0)]

    delays_ms = shown_delays_ms(moving)
    assert lasts_ms == pytest.approx(sum(delays_ms), abs=2)
    assert starts == [sum(delays_ms[:at]) for at in range(len(delays_ms))]


@cache
def corpus_brief(corpus: Path, name: str) -> Brief:
    with source_at(corpus / "animated" / name) as source:
        moving: Rendered = rendered_from(source, Options(width=80))
    return brief_of(moving)


@pytest.mark.corpus
@pytest.mark.parametrize("how", PICTURES)
@pytest.mark.parametrize(
    "name",
    [
        *("rotating_squares.gif", "formula_loop3.webp", "rotating_earth.gif"),
        *("beach_ball_apng.png", "screencast.gif"),
    ],
)
def test_real_animations_keep_their_time_and_plays(corpus: Path, name: str, how: str) -> None:
    if name.endswith("apng.png"):
        pytest.importorskip("av")
    brief = corpus_brief(corpus, name)

    result = pyvips.Image.new_from_buffer(PICTURES[how](brief), "", n=-1)

    told = sum(shown_delays_ms(brief.rendered))
    count = result.height // brief.rendered.page_height
    assert abs(sum(result.get("delay")[:count]) - told) <= (5 if how == "gif" else 0)
    assert result.get("loop") == min(brief.rendered.loop, 65_535)
    assert 1 < count <= brief.rendered.frames
