"""What is kept on the way to a result, for whoever cannot wait for it."""

import pytest

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Optimized
from options_grammar.options import Options
from tests.engine.answering import BOTH, SOURCES
from tests.engine.encoding import decoded, drawing, mean_error, photo, source_of


def test_a_long_encode_has_an_early_answer() -> None:
    kept: list[Optimized] = []
    source = bytes(photo(600, 400).resize(4).pngsave_buffer(compression=1))
    job = Job(options=Options(), accepts=BOTH)

    result = optimize(job, source_of(source), keep=kept.append)

    assert isinstance(result, Optimized)
    assert all(early.is_provisional for early in kept)
    own, quick, *passing = kept
    assert own.format is ImageFormat.PNG
    assert quick.format is ImageFormat.JPEG
    assert len(result.data) < len(quick.data) < len(own.data)
    assert all(len(early.data) < len(quick.data) for early in passing)
    assert mean_error(decoded(quick.data), decoded(source)) <= 5.0


@pytest.mark.parametrize("quality", [60, 95])
def test_what_is_kept_on_the_way_only_gets_smaller_and_never_passes_the_source(
    quality: int,
) -> None:
    kept: list[Optimized] = []
    source = bytes(drawing(700, 500).pngsave_buffer(compression=9))
    job = Job(options=Options(quality=quality), accepts=BOTH, seconds_left=0.01)

    optimize(job, source_of(source), keep=kept.append)

    sizes = [len(each.data) for each in kept]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) <= len(source)


def test_a_short_encode_has_none() -> None:
    kept: list[Optimized] = []

    optimize(
        Job(options=Options(width=100)),
        source_of(SOURCES["a photograph in JPEG"]),
        keep=kept.append,
    )

    assert kept == []


def test_a_palette_that_passes_is_kept_before_it_is_squeezed() -> None:
    kept: list[Optimized] = []
    source = bytes(drawing(700, 500).pngsave_buffer(compression=1))
    job = Job(options=Options(quality=60), seconds_left=0.01)

    result = optimize(job, source_of(source), keep=kept.append)

    assert isinstance(result, Optimized)
    *_, unsqueezed, squeezed = kept
    assert squeezed.data == result.data
    assert len(result.data) < len(unsqueezed.data)
    assert (decoded(unsqueezed.data) - decoded(result.data)).abs().max() == 0
