"""A GIF made of a GIF: what may win, and how little is encoded to find out."""

import pytest

from imgproxy_py.engine import encode
from imgproxy_py.engine.aim import Aim
from imgproxy_py.engine.animation_method import whole_aim
from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.own_case import OwnCase
from imgproxy_py.engine.result import Optimized
from options_grammar.options import Format, Options
from tests.engine.encoding import source_of
from tests.engine.moving import SIDE, brief_of, bytes_of, drawn, panning


@pytest.mark.parametrize("options", [{}, {"format": Format.GIF}], ids=["auto", "gif"])
def test_a_gif_that_cannot_beat_its_source_is_never_encoded_whole(
    options: dict[str, object],
) -> None:
    # A quarter must be saved for a generation to be worth it; this one is too coarse for that.
    source = bytes_of(panning(24), bitdepth=5, interframe_maxerror=12)

    kept: list[Optimized] = []
    job = Job(options=Options(**options), seconds_left=0.03)  # type: ignore[arg-type]

    final = optimize(job, source_of(source), keep=kept.append)

    assert isinstance(final, Optimized)
    assert final.stop == "source"
    assert {trial.recipe for trial in final.trials} == {"gif sample"}
    assert {each.data for each in kept} == {final.data}


@pytest.mark.parametrize(
    ("result_format", "stop", "result_bytes", "loses"),
    [
        pytest.param(ImageFormat.GIF, "target", 749, True, id="a quarter less for a generation"),
        pytest.param(ImageFormat.GIF, "target", 751, False, id="a quarter less, but for a byte"),
        pytest.param(ImageFormat.WEBP, "target", 969, True, id="another format"),
        pytest.param(ImageFormat.WEBP, "target", 971, False, id="another format saves too little"),
        pytest.param(ImageFormat.WEBP, "lossless", 999, True, id="nothing is lost"),
        pytest.param(ImageFormat.WEBP, "limit", 10, False, id="it missed its target"),
    ],
)
def test_the_source_loses_only_to_what_it_will_lose_to_in_the_end(
    result_format: ImageFormat, stop: str, result_bytes: int, loses: bool
) -> None:
    brief = brief_of(drawn([0, 40], [50, 50]))
    facts = SourceFacts(format=ImageFormat.GIF, width=SIDE, height=SIDE, frames=2)
    own = OwnCase(data=bytes(1000), facts=facts, brief=brief)

    entry = Entry(data=bytes(result_bytes), format=result_format, stop=stop)

    assert own.loses_to(entry) is loses
    assert own.against(entry).is_own is not loses


@pytest.mark.parametrize(
    ("recipe", "frames", "attempts"),
    [
        pytest.param(encode.GIF, 1100, 2, id="a GIF of 4.5 megapixels"),
        pytest.param(encode.GIF, 60, 4, id="a short GIF"),
        pytest.param(encode.WEBP, 1100, 4, id="another format"),
    ],
)
def test_all_frames_of_a_long_gif_are_encoded_twice_at_most(
    recipe: Recipe, frames: int, attempts: int
) -> None:
    brief = brief_of(drawn([number % 41 for number in range(frames)], [50] * frames))

    aim = whole_aim(recipe, brief, Aim(target=72))

    assert aim.max_attempts == attempts
    assert aim.tolerance == (100 if attempts == 2 else 2)
