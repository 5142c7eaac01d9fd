"""What a lossy source says about its own quality."""

import pytest

from imgproxy_py.engine.av1_quality import av1_quality
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.jpeg_quality import jpeg_quality
from imgproxy_py.engine.source_score import score_spread, source_score
from imgproxy_py.engine.vp8_quality import vp8_quality
from tests.engine.encoding import animated_source, drawing, photo


@pytest.mark.parametrize("table", [0, 2], ids=["annex K", "mozjpeg 2"])
@pytest.mark.parametrize("quality", [5, 20, 50, 67, 75, 90, 100])
def test_a_jpeg_of_a_known_table_says_its_quality_exactly(table: int, quality: int) -> None:
    data = photo().jpegsave_buffer(Q=quality, quant_table=table)

    assert jpeg_quality(data) == quality


def test_a_jpeg_of_another_table_is_placed_by_how_coarse_it_is() -> None:
    fine, coarse = (
        jpeg_quality(photo().jpegsave_buffer(Q=quality, quant_table=3)) for quality in (90, 40)
    )

    assert fine is not None
    assert coarse is not None
    assert coarse < fine - 20


@pytest.mark.parametrize("quality", [20, 40, 49, 60, 72, 86, 95])
@pytest.mark.parametrize("subsampling", ["on", "off"])
def test_an_avif_says_its_quality_within_one_step(quality: int, subsampling: str) -> None:
    data = photo().heifsave_buffer(
        compression="av1", Q=quality, effort=1, bitdepth=8, subsample_mode=subsampling
    )

    assert av1_quality(data) == pytest.approx(quality, abs=1)


@pytest.mark.parametrize("quality", [30, 50, 70, 80, 90])
@pytest.mark.parametrize("draw", [photo, drawing])
def test_a_webp_says_its_quality_roughly(quality: int, draw: object) -> None:
    data = draw().webpsave_buffer(Q=quality)  # type: ignore[operator]

    # Busy and quiet pictures are quantized differently at one quality.
    assert vp8_quality(data) == pytest.approx(quality, abs=12)


def test_lossless_and_animated_files_have_no_quality() -> None:
    assert vp8_quality(photo().webpsave_buffer(lossless=True)) is None
    assert vp8_quality(animated_source(".webp")) is None


@pytest.mark.parametrize("estimate", [jpeg_quality, av1_quality, vp8_quality])
def test_bytes_that_are_no_picture_have_no_quality(estimate: object) -> None:
    for data in (b"", b"\xff\xd8", bytes(64), bytes(range(256))):
        assert estimate(data) is None  # type: ignore[operator]


def test_the_score_is_the_usual_one_of_that_quality() -> None:
    facts = SourceFacts(format=ImageFormat.JPEG, width=240, height=160)

    data = photo().jpegsave_buffer(Q=74, quant_table=2)
    assert source_score(data, facts) == pytest.approx(72)


def test_a_source_that_a_search_made_may_stand_farther_above_its_target() -> None:
    facts = SourceFacts(format=ImageFormat.JPEG, width=240, height=160)

    ours = score_spread(photo().jpegsave_buffer(Q=75, quant_table=2), facts)
    theirs = score_spread(photo().jpegsave_buffer(Q=75, quant_table=0), facts)

    assert theirs < 2 < ours


def test_a_lossless_source_has_no_limit() -> None:
    facts = SourceFacts(format=ImageFormat.PNG, width=240, height=160, is_lossless=True)

    assert source_score(photo().pngsave_buffer(), facts) is None
