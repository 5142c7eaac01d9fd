"""What can be had at all: the arithmetic of the softer and the busier half."""

import pytest
import pyvips

from benchmarks.quality.bound import WAYS, Least, halves, ratio
from benchmarks.quality.encoders import FULL_CHROMA_MASKED_JPEG, MASKED_JPEG
from imgproxy_py.engine.pixels import array_of
from tests.pictures import landscape


def least(name: str, *, plain: float, fewest: float, megapixels: float = 1.0) -> Least:
    return Least(name=name, megapixels=megapixels, plain=plain, fewest=dict.fromkeys(WAYS, fewest))


SOFT = least("soft", plain=50_000, fewest=20_000)
MIDDLE = least("middle", plain=100_000, fewest=60_000)
# Fewer bytes than the others, and more for each of its pixels.
BUSY = least("busy", plain=40_000, fewest=36_000, megapixels=0.1)


def test_a_photograph_is_busy_by_its_bytes_for_each_pixel() -> None:
    assert halves([BUSY, MIDDLE, SOFT]) == ([SOFT], [MIDDLE, BUSY])


def test_no_photograph_has_no_halves_and_no_ratio() -> None:
    assert halves([]) == ([], [])
    assert ratio([], "JPEG alone") is None


def test_photographs_weigh_in_a_total_by_their_bytes() -> None:
    assert ratio([SOFT, BUSY], "AVIF open") == pytest.approx(56 / 90)


def test_a_client_that_shows_more_formats_has_every_way_of_one_that_shows_fewer() -> None:
    jpeg, webp, avif = (set(map(id, ways)) for ways in WAYS.values())

    assert jpeg < webp < avif


def test_our_own_quantizer_is_one_of_the_ways() -> None:
    pixels = array_of(landscape(200, 150))
    ways = (MASKED_JPEG, FULL_CHROMA_MASKED_JPEG)

    half, full = (pyvips.Image.jpegload_buffer(way.encode(pixels, 70).data) for way in ways)

    assert half.get("jpeg-chroma-subsample") == "4:2:0"
    assert full.get("jpeg-chroma-subsample") == "4:4:4"
    assert MASKED_JPEG.key != FULL_CHROMA_MASKED_JPEG.key
