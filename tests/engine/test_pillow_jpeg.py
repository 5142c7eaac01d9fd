"""Pillow's JPEG beside libvips': the same pixels in, the same bytes out."""

import numpy as np
import numpy.typing as npt
import pytest
import pyvips

from imgproxy_py.engine.pillow_jpeg import read_jpeg, write_jpeg
from tests.engine.drawing import plain
from tests.pictures import landscape

PHOTO = landscape(150, 113)
GRAY = PHOTO.colourspace("b-w")


def pixels_of(image: pyvips.Image) -> npt.NDArray[np.uint8]:
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands)


def written_by_libvips(image: pyvips.Image, quality: int, *, is_full_chroma: bool) -> bytes:
    data: bytes = image.jpegsave_buffer(
        Q=quality,
        quant_table=2,
        optimize_coding=True,
        trellis_quant=False,
        overshoot_deringing=False,
        subsample_mode="off" if is_full_chroma else "on",
        keep="none",
    )
    return data


@pytest.mark.parametrize("quality", [1, 30, 49, 50, 67, 82, 95, 100])
@pytest.mark.parametrize("is_full_chroma", [False, True])
def test_the_bytes_are_those_of_libvips(quality: int, is_full_chroma: bool) -> None:
    written = write_jpeg(pixels_of(PHOTO), quality, is_full_chroma=is_full_chroma)

    assert written == written_by_libvips(PHOTO, quality, is_full_chroma=is_full_chroma)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(GRAY, id="gray"),
        pytest.param(plain(1, 1, (9, 80, 200)), id="one pixel"),
        pytest.param(PHOTO.crop(0, 0, 17, 33), id="no whole blocks"),
    ],
)
def test_so_are_those_of_unusual_pictures(image: pyvips.Image) -> None:
    written = write_jpeg(pixels_of(image), 70)

    assert written == written_by_libvips(image, 70, is_full_chroma=False)


def test_noise_that_overflows_pillows_buffer_is_left_to_others() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (160, 156, 3), dtype=np.uint8)

    assert write_jpeg(noise, 100, is_full_chroma=True) is None


@pytest.mark.parametrize("image", [pytest.param(PHOTO, id="color"), pytest.param(GRAY, id="gray")])
@pytest.mark.parametrize("subsample_mode", ["on", "off"])
@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("shrink", [1, 2, 4, 8])
def test_the_pixels_are_those_of_libvips(
    image: pyvips.Image, subsample_mode: str, interlace: bool, shrink: int
) -> None:
    data = image.jpegsave_buffer(Q=80, subsample_mode=subsample_mode, interlace=interlace)

    read = read_jpeg(data, shrink=shrink)

    assert read is not None
    assert np.array_equal(read, pixels_of(pyvips.Image.jpegload_buffer(data, shrink=shrink)))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(PHOTO.jpegsave_buffer()[:-900], id="cut in its scan"),
        pytest.param(PHOTO.jpegsave_buffer()[:100], id="cut in its header"),
        pytest.param(PHOTO.pngsave_buffer(), id="PNG"),
        pytest.param(PHOTO.colourspace("cmyk").jpegsave_buffer(), id="CMYK"),
    ],
)
def test_what_is_no_whole_jpeg_in_rgb_or_gray_is_none(data: bytes) -> None:
    assert read_jpeg(data) is None
