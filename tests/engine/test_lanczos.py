"""The compiled resizer beside libvips' own."""

import numpy as np
import pytest

from imgproxy_py.engine.lanczos import downsized
from tests.pictures import landscape

PHOTO = landscape(320, 240)
PIXELS = np.frombuffer(PHOTO.write_to_memory(), np.uint8).reshape(240, 320, 3)


@pytest.mark.parametrize(
    ("width", "height"),
    [(160, 120), (107, 80), (319, 239), (100, 240), (320, 75), (33, 25)],
)
def test_it_differs_from_libvips_by_rounding_alone(width: int, height: int) -> None:
    # libvips' weights are 16-bit integers and its phases sixty-fourths of a pixel.
    theirs = PHOTO.resize(width / 320, vscale=height / 240, gap=0)
    expected = np.frombuffer(theirs.write_to_memory(), np.uint8).reshape(height, width, 3)

    got = downsized(PIXELS, width=width, height=height)

    difference = np.abs(got.astype(int) - expected)
    assert difference.max() <= 2
    assert difference.mean() < 0.4


@pytest.mark.parametrize("bands", [1, 3, 4])
@pytest.mark.parametrize("value", [0, 1, 128, 254, 255])
def test_one_color_stays_that_color(bands: int, value: int) -> None:
    plain = np.full((37, 53, bands), value, np.uint8)

    assert (downsized(plain, width=21, height=10) == value).all()


def test_sides_and_bands_keep_their_places() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:20, :, 0] = 255
    picture[:, :30, 1] = 255

    small = downsized(picture, width=30, height=20)

    assert small[2, 2].tolist() == [255, 255, 0]
    assert small[2, 27].tolist() == [255, 0, 0]
    assert small[17, 2].tolist() == [0, 255, 0]


def test_the_same_size_is_the_same_picture() -> None:
    assert downsized(PIXELS, width=320, height=240) is PIXELS


def test_gray_is_resized_like_each_band_of_a_color() -> None:
    gray = np.ascontiguousarray(PIXELS[:, :, :1])

    alone = downsized(gray, width=111, height=90)

    assert np.array_equal(alone, downsized(PIXELS, width=111, height=90)[:, :, :1])
