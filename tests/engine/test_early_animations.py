"""What is kept on the way to an animated result, for whoever cannot wait for it."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine import encode
from imgproxy_py.engine.animation_score import AnimationReference
from imgproxy_py.engine.early_animation import animation_entry, animation_recipe
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.job import Job, Tier
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Optimized
from options_grammar.options import Format, Options
from tests.engine.drawing import rendered
from tests.engine.encoding import cutout, source_of
from tests.engine.moving import SIDE, brief_of, bytes_of, drawn, panning
from tests.engine.moving import rendered as of_pages

FRAMES, WIDTH = 24, 96
FORMATS = pytest.mark.parametrize("asked", [Format.GIF, Format.WEBM, Format.H264], ids=str)
HASTE_SECONDS = 0.03


@cache
def a_walk() -> bytes:
    """A GIF that a camera moves over."""
    return bytes_of(panning(FRAMES, width=128, height=80))


def kept_and_final(
    source: bytes, *, seconds_left: float | None = HASTE_SECONDS, **options: object
) -> tuple[list[Optimized], Optimized]:
    kept: list[Optimized] = []
    job = Job(options=Options(**options), seconds_left=seconds_left)  # type: ignore[arg-type]
    final = optimize(job, source_of(source), keep=kept.append)
    assert isinstance(final, Optimized)
    return kept, final


@FORMATS
def test_whoever_is_in_a_hurry_gets_a_larger_animation_that_reaches_the_target(
    asked: Format,
) -> None:
    if asked in (Format.WEBM, Format.H264):
        pytest.importorskip("av")
    kept, final = kept_and_final(a_walk(), format=asked, width=WIDTH)

    sizes = [*(len(each.data) for each in kept), len(final.data)]
    assert sizes == sorted(sizes, reverse=True)  # more time never makes it larger
    early = kept[0]
    assert early.is_provisional
    assert early.format is final.format
    brief = brief_of(rendered(a_walk(), width=WIDTH))
    score = AnimationReference.of(brief).score(early.data, early.format)
    assert early.score == pytest.approx(score, abs=0.05)
    assert score >= 72


def test_the_early_answer_keeps_frames_delays_and_plays() -> None:
    moving = drawn([2 * number for number in range(20)], [30 + 10 * n for n in range(20)], loop=3)
    kept, _ = kept_and_final(bytes_of(moving), format=Format.GIF, width=SIDE - 4, seconds_left=0.03)

    result = pyvips.Image.new_from_buffer(kept[0].data, "", n=-1)

    assert result.get("n-pages") == 20
    assert result.get("delay") == list(moving.delays_ms)
    assert result.get("loop") == 3


def test_the_final_result_does_not_depend_on_the_hurry() -> None:
    _, hurried = kept_and_final(a_walk(), format=Format.WEBM, width=WIDTH)
    kept, unhurried = kept_and_final(a_walk(), format=Format.WEBM, width=WIDTH, seconds_left=1e6)

    assert kept == []
    assert hurried.data == unhurried.data


@pytest.mark.parametrize(
    ("recipe", "seconds_left", "is_tried"),
    [
        pytest.param(encode.WEBM, None, True, id="nobody knows how long anybody waits"),
        pytest.param(encode.WEBM, 0.5, True, id="a video that takes long to search for"),
        pytest.param(encode.MP4, 0.5, False, id="a video that does not"),
        pytest.param(encode.WEBM, 30.0, False, id="a video that will be ready anyway"),
        pytest.param(encode.WEBM, 0.000_01, False, id="even in a hurry it would come too late"),
        pytest.param(encode.GIF, 0.1, True, id="a GIF for whoever has little time"),
        pytest.param(encode.GIF, 30.0, False, id="a GIF that will be ready anyway"),
        pytest.param(encode.JPEG, 0.1, False, id="a still picture"),
    ],
)
def test_a_hasty_encoding_is_tried_where_it_helps(
    recipe: Recipe, seconds_left: float | None, is_tried: bool
) -> None:
    brief = brief_of(drawn([number % 41 for number in range(60)], [50] * 60))

    assert animation_recipe(brief, (recipe,), seconds_left) is (recipe if is_tried else None)


def test_nobody_hurries_when_nobody_waits() -> None:
    settled = replace(brief_of(drawn([0, 40], [50, 50])), tier=Tier.SETTLED)

    assert animation_recipe(settled, (encode.GIF,), None) is None
    assert animation_recipe(settled, (), None) is None


def test_a_limit_of_bytes_ends_the_hurry_before_all_frames_are_encoded() -> None:
    brief = brief_of(panning(FRAMES))
    entry = animation_entry(encode.WEBP, brief, Judge(brief))
    assert entry is not None

    limit = len(entry.data) / 2
    assert animation_entry(encode.WEBP, brief, Judge(brief), limit_bytes=limit) is None


def test_a_target_that_no_quality_reaches_has_no_early_answer() -> None:
    brief = brief_of(panning(4), target=100)

    assert animation_entry(encode.WEBP, brief, Judge(brief)) is None


def test_what_has_no_score_has_no_early_answer() -> None:
    """Nothing would say that it is the larger one."""
    source = bytes_of(of_pages([cutout(), cutout().fliphor()], [100, 100]))

    kept, final = kept_and_final(source, width=WIDTH, seconds_left=0.01)

    assert kept == []
    assert final.score is None


@pytest.mark.corpus
def test_a_real_animation_has_an_early_answer_too(corpus: Path) -> None:
    pytest.importorskip("av")
    source = (corpus / "animated" / "rotating_earth.gif").read_bytes()

    kept, final = kept_and_final(source, format=Format.H264, width=WIDTH)

    assert kept[0].score is not None
    assert kept[0].score >= 72
    assert len(final.data) <= len(kept[0].data) < len(source)
