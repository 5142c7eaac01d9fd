"""Settled JPEGs: more ways are tried, and the laws hold for whichever wins."""

from pathlib import Path

import pytest

from imgproxy_py.engine.job import Job, Tier
from imgproxy_py.engine.result import Optimized
from options_grammar.options import Fit, Format, Options
from tests.engine.encoding import optimized, photo

PHOTO = bytes(photo(480, 320).pngsave_buffer())


def jpeg(source: bytes, tier: Tier, quality: int = 72, side: int | None = None) -> Optimized:
    options = Options(format=Format.JPEG, quality=quality, width=side, height=side, fit=Fit.FIT)
    return optimized(source, job=Job(options=options, tier=tier))


@pytest.mark.parametrize("quality", [60, 72, 84])
def test_a_settled_jpeg_is_never_larger_than_a_live_one(quality: int) -> None:
    live, settled = (jpeg(PHOTO, tier, quality) for tier in Tier)

    assert len(settled.data) <= len(live.data)
    assert settled.score is not None
    assert settled.score >= quality


@pytest.mark.parametrize("quality", [60, 72, 84])
def test_a_settled_jpeg_fed_back_is_returned_byte_for_byte(quality: int) -> None:
    once = jpeg(PHOTO, Tier.SETTLED, quality)

    for tier in Tier:
        again = jpeg(once.data, tier, quality)
        assert again.data == once.data
        assert again.stop == "source"


def test_the_same_request_settles_on_the_same_bytes() -> None:
    once, twice = (jpeg(PHOTO, Tier.SETTLED) for _ in range(2))

    assert once.data == twice.data


@pytest.mark.corpus
def test_whole_chroma_wins_on_some_photographs_where_the_target_is_high(corpus: Path) -> None:
    settled = [
        jpeg(path.read_bytes(), Tier.SETTLED, 84, side=400)
        for path in sorted((corpus / "photos").glob("kodim*"))
    ]

    winners = [
        {trial.recipe for trial in result.trials if trial.bytes == len(result.data)}
        for result in settled
    ]
    assert {"jpeg 4:4:4"} in winners
    assert {"jpeg masked"} in winners


@pytest.mark.corpus
@pytest.mark.parametrize("quality", [60, 72, 80, 84])
def test_every_photograph_fed_back_comes_back(corpus: Path, quality: int) -> None:
    changed = []
    for path in sorted((corpus / "photos").glob("kodim*")):
        once = jpeg(path.read_bytes(), Tier.SETTLED, quality, side=320)
        if any(jpeg(once.data, tier, quality).data != once.data for tier in Tier):
            changed.append(path.name)

    assert changed == []
