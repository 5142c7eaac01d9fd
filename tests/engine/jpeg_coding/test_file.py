"""Files of our own quantization: whole, and the same to every decoder."""

import io
from itertools import pairwise

import numpy as np
import pytest
import pyvips
from PIL import Image

from imgproxy_py.engine.jpeg_coding.entropy import (
    AC_COUNTS,
    AC_SYMBOLS,
    DC_COUNTS,
    DC_SYMBOLS,
    huffman_codes,
)
from imgproxy_py.engine.jpeg_coding.file import quantized_jpeg
from imgproxy_py.engine.metric import Reference
from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.pillow_jpeg import read_jpeg, rescanned, write_jpeg
from imgproxy_py.engine.pixels import array_of
from imgproxy_py.engine.quantization_tables import TABLES, TableName
from tests.pictures import landscape

TABLE = TABLES[TableName.MASKED]
PHOTO = array_of(landscape(300, 211))
GRAY = array_of(landscape(300, 211).colourspace("b-w"))
NOISE = np.random.default_rng(5).integers(0, 2, (90, 70, 3), dtype=np.uint8) * 255


def read(data: bytes) -> Bytes:
    pixels = read_jpeg(data)
    assert pixels is not None
    return pixels


@pytest.mark.parametrize("quality", [1, 30, 70, 90, 100])
@pytest.mark.parametrize("is_full_chroma", [False, True])
@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(PHOTO, id="photograph"),
        pytest.param(GRAY, id="gray"),
        pytest.param(NOISE, id="black and white noise"),
        pytest.param(PHOTO[:1, :1], id="one pixel"),
        pytest.param(PHOTO[:9, :200], id="flat and wide"),
        pytest.param(PHOTO[::-1, ::-1], id="turned in memory"),
    ],
)
def test_a_file_is_whole_and_loses_nothing_in_better_scans(
    pixels: Bytes, quality: int, is_full_chroma: bool
) -> None:
    data = quantized_jpeg(pixels, quality, table=TABLE, is_full_chroma=is_full_chroma)

    image = pyvips.Image.jpegload_buffer(data, fail_on="warning")
    assert (image.height, image.width, image.bands) == pixels.shape
    assert np.array_equal(array_of(image), read(data))
    assert np.array_equal(read(rescanned(data)), read(data))


@pytest.mark.parametrize("is_full_chroma", [False, True])
def test_the_picture_is_that_of_another_encoder_with_finer_or_equal_steps(
    is_full_chroma: bool,
) -> None:
    """At quality 100 every step is 1 or 2, and rounding is all that is lost."""
    ours = read(quantized_jpeg(PHOTO, 100, table=TABLE, is_full_chroma=is_full_chroma))
    theirs = write_jpeg(PHOTO, 100, table=TABLE, is_full_chroma=is_full_chroma)
    assert theirs is not None

    difference = np.abs(ours.astype(int) - read(theirs))

    assert difference.mean() < 0.7
    assert difference.max() <= 6


def test_a_photograph_takes_fewer_bytes_than_the_same_table_by_pillow_at_equal_score() -> None:
    reference = Reference.of(PHOTO)
    ours = rescanned(quantized_jpeg(PHOTO, 75, table=TABLE))
    score = reference.score(read(ours))
    by_pillow = (write_jpeg(PHOTO, quality, table=TABLE) for quality in range(40, 76))

    worse = [
        len(rescanned(data))
        for data in by_pillow
        if data is not None and reference.score(read(data)) <= score
    ]

    assert worse
    assert len(ours) < 0.985 * max(worse)


def test_the_same_pixels_give_the_same_bytes_wherever_they_lie() -> None:
    elsewhere = np.frombuffer(PHOTO.tobytes(), np.uint8).reshape(PHOTO.shape)

    assert quantized_jpeg(elsewhere, 70, table=TABLE) == quantized_jpeg(PHOTO, 70, table=TABLE)


@pytest.mark.parametrize("size", [1, 65_519, 65_520, 150_000])
def test_a_profile_of_any_size_is_found_again(size: int) -> None:
    profile = bytes(np.random.default_rng(size).integers(0, 256, size, np.uint8))

    data = quantized_jpeg(PHOTO[:16, :16], 70, table=TABLE, profile=profile)

    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == profile


def test_without_a_profile_nothing_stands_before_the_tables() -> None:
    # SOI, then at once DQT (T.81, B.2.1): no application's segment.
    assert quantized_jpeg(PHOTO[:16, :16], 70, table=TABLE).startswith(b"\xff\xd8\xff\xdb")


@pytest.mark.parametrize(
    ("counts", "symbols"), [(DC_COUNTS, DC_SYMBOLS), (AC_COUNTS, AC_SYMBOLS)], ids=["DC", "AC"]
)
def test_no_code_begins_another_and_none_is_all_ones(
    counts: tuple[int, ...], symbols: bytes
) -> None:
    codes, lengths = huffman_codes(counts, symbols)

    assert sum(counts) == len(symbols) == len(set(symbols)) == np.count_nonzero(lengths)
    texts = sorted(f"{codes[each]:0{lengths[each]}b}" for each in symbols)
    assert not any(after.startswith(before) for before, after in pairwise(texts))
    assert "0" in texts[-1]


@pytest.mark.parametrize(
    ("symbol", "code"),
    [(0x00, "1010"), (0x01, "00"), (0x02, "01"), (0xF0, "11111111001"), (0xFA, "1111111111111110")],
)
def test_the_codes_are_those_of_annex_k(symbol: int, code: str) -> None:
    codes, lengths = huffman_codes(AC_COUNTS, AC_SYMBOLS)

    assert f"{codes[symbol]:0{lengths[symbol]}b}" == code
