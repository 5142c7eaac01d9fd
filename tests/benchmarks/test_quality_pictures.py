"""The quality benchmark on drawn pictures: what is measured is what it says."""

import numpy as np
import pytest

from benchmarks.quality.baselines import Baselines
from benchmarks.quality.bench import Bench
from benchmarks.quality.cache import Cache
from benchmarks.quality.contact_sheet import worst_tile
from benchmarks.quality.encoders import PLAIN_JPEG, as_image, as_pixels
from benchmarks.quality.judges import CommandJudge, OwnJudge
from benchmarks.quality.ours import JPEG_ALONE, WEBP_OPEN
from benchmarks.quality.pictures import Kind, Picture, Size
from benchmarks.quality.rows import answer_row
from benchmarks.quality.second_judge import quality_of_bytes
from imgproxy_py.engine.job import Tier
from tests.pictures import graphic, landscape


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A corpus of a photograph, the same as a JPEG, and a graphic."""
    corpus = tmp_path_factory.mktemp("corpus")
    (corpus / "photos").mkdir()
    (corpus / "graphics").mkdir()
    landscape(420, 280).pngsave(str(corpus / "photos" / "ridges.png"))
    landscape(420, 280).jpegsave(str(corpus / "photos" / "ridges_again.jpg"), Q=80)
    graphic(600, 400).pngsave(str(corpus / "graphics" / "logo.png"))
    return Bench(corpus=corpus, baselines=Baselines(cache=Cache(None), judge=OwnJudge()))


@pytest.fixture
def ridges(bench: Bench) -> Picture:
    return bench.comparable(Kind.PHOTO, Size.SMALL)[0]


def test_a_lossy_source_that_keeps_its_size_is_in_no_total(bench: Bench) -> None:
    every = [each.name for each in bench.pictures(Kind.PHOTO, Size.SMALL)]
    compared = [each.name for each in bench.comparable(Kind.PHOTO, Size.SMALL)]

    assert every == ["ridges", "ridges_again"]
    assert compared == ["ridges"]


def test_a_graphic_is_scaled_into_its_box_and_keeps_its_alpha(bench: Bench) -> None:
    small = bench.pictures(Kind.GRAPHIC, Size.SMALL)[0]
    large = bench.pictures(Kind.GRAPHIC, Size.LARGE)[0]

    assert small.pixels.shape == (333, 500, 4)
    assert large.pixels.shape == (400, 600, 4)
    assert small.key != large.key


def test_an_answer_is_judged_anew_and_its_row_tells_the_plain_jpeg_of_its_score(
    bench: Bench, ridges: Picture
) -> None:
    answer = bench.answer(ridges, JPEG_ALONE, Tier.LIVE)
    plain = bench.plain(ridges)
    row = answer_row(ridges, answer, plain)

    assert answer.score == pytest.approx(OwnJudge().prepared(ridges.pixels)(as_pixels(answer.data)))
    assert row.relative is not None
    assert 0.6 < row.relative < 1.0
    assert len(str(row)) <= 120


def test_an_unchanged_engine_is_asked_once(bench: Bench, ridges: Picture) -> None:
    first = bench.answer(ridges, WEBP_OPEN, Tier.LIVE)

    # Processor time is never the same twice.
    assert bench.answer(ridges, WEBP_OPEN, Tier.LIVE).cpu_seconds == first.cpu_seconds


def test_the_fixed_encoder_is_given_the_quality_that_spends_our_bytes(
    bench: Bench, ridges: Picture
) -> None:
    spent = len(PLAIN_JPEG.encode(ridges.pixels, 57).data)

    assert quality_of_bytes(bench.baselines, ridges, PLAIN_JPEG, spent) == 57


def test_the_worst_tile_is_the_one_that_was_spoiled() -> None:
    source = as_pixels(landscape(600, 300).pngsave_buffer())
    spoiled = source.copy()
    spoiled[20:100, 420:520] = 128

    _, left, top = worst_tile(OwnJudge(), source, spoiled)

    assert left <= 420
    assert left + 256 >= 520
    assert top == 0


def test_any_program_that_prints_a_number_may_judge(ridges: Picture) -> None:
    judge = CommandJudge("wc -c {reference} {result}")
    black = np.zeros_like(ridges.pixels)

    score = judge.prepared(ridges.pixels)(black)

    assert score == len(as_image(ridges.pixels).pngsave_buffer(compression=1))
