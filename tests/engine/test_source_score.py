"""What a lossy source says about its own quality."""

import pytest

from imgproxy_py.engine.av1_quality import av1_quality
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.jpeg_quality import is_our_table, jpeg_quality
from imgproxy_py.engine.pillow_jpeg import write_jpeg
from imgproxy_py.engine.pixels import array_of
from imgproxy_py.engine.presets import JPEG_QUALITIES
from imgproxy_py.engine.quantization_tables import TABLES, TableName
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


def written_with(name: TableName, quality: int) -> bytes:
    data = write_jpeg(array_of(photo()), quality, table=TABLES[name])
    assert data is not None
    return data


@pytest.mark.parametrize("name", JPEG_QUALITIES)
@pytest.mark.parametrize("target", [72, 78, 84, 90])
def test_a_jpeg_of_ours_scores_what_its_table_usually_scores(name: TableName, target: int) -> None:
    facts = SourceFacts(format=ImageFormat.JPEG, width=240, height=160)
    quality = round(dict(JPEG_QUALITIES[name])[target])

    # A step of quality is up to a point of score, and the usual quality is a whole number too.
    assert source_score(written_with(name, quality), facts) == pytest.approx(target, abs=1.5)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("quality", [12, 33, 50, 74, 97])
def test_a_jpeg_is_recognized_as_ours_by_its_table(name: TableName, quality: int) -> None:
    assert is_our_table(written_with(name, quality)) is TABLES[name].is_ours


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

    ours = [
        score_spread(written_with(name, 75), facts)
        for name, table in TABLES.items()
        if table.is_ours
    ]
    theirs = score_spread(written_with(TableName.ANNEX_K, 75), facts)

    assert theirs < 2 < min(ours)


def test_a_lossless_source_has_no_limit() -> None:
    facts = SourceFacts(format=ImageFormat.PNG, width=240, height=160, is_lossless=True)

    assert source_score(photo().pngsave_buffer(), facts) is None
