"""Pillow's JPEG beside libvips': the same pixels in, the same bytes out."""

import numpy as np
import numpy.typing as npt
import pytest
import pyvips

from imgproxy_py.engine.pillow_jpeg import read_jpeg, rescanned, write_jpeg
from imgproxy_py.engine.quantization_tables import TABLES, TableName
from tests.engine.drawing import plain
from tests.pictures import landscape

PHOTO = landscape(150, 113)
GRAY = PHOTO.colourspace("b-w")
KLEIN = TABLES[TableName.MOZJPEG_5]
MASKED = TABLES[TableName.MASKED]
# By libvips' numbers.
NUMBERED = {
    0: TableName.ANNEX_K,
    2: TableName.MOZJPEG_2,
    5: TableName.MOZJPEG_5,
    8: TableName.MOZJPEG_8,
}


def pixels_of(image: pyvips.Image) -> npt.NDArray[np.uint8]:
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands)


def written_by_libvips(
    image: pyvips.Image, quality: int, *, number: int = 5, is_full_chroma: bool = False
) -> bytes:
    data: bytes = image.jpegsave_buffer(
        Q=quality,
        quant_table=number,
        optimize_coding=True,
        trellis_quant=False,
        overshoot_deringing=False,
        subsample_mode="off" if is_full_chroma else "on",
        keep="none",
    )
    return data


@pytest.mark.parametrize("number", NUMBERED)
@pytest.mark.parametrize("quality", [1, 30, 49, 50, 67, 82, 95, 100])
@pytest.mark.parametrize("is_full_chroma", [False, True])
def test_the_bytes_are_those_of_libvips(number: int, quality: int, is_full_chroma: bool) -> None:
    table = TABLES[NUMBERED[number]]

    written = write_jpeg(pixels_of(PHOTO), quality, table=table, is_full_chroma=is_full_chroma)

    assert written == written_by_libvips(
        PHOTO, quality, number=number, is_full_chroma=is_full_chroma
    )


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(GRAY, id="gray"),
        pytest.param(plain(1, 1, (9, 80, 200)), id="one pixel"),
        pytest.param(PHOTO.crop(0, 0, 17, 33), id="no whole blocks"),
    ],
)
def test_so_are_those_of_unusual_pictures(image: pyvips.Image) -> None:
    written = write_jpeg(pixels_of(image), 70, table=KLEIN)

    assert written == written_by_libvips(image, 70)


LARGER = landscape(480, 320)


@pytest.mark.parametrize(
    "image",
    [pytest.param(LARGER, id="color"), pytest.param(LARGER.colourspace("b-w"), id="gray")],
)
@pytest.mark.parametrize("is_full_chroma", [False, True])
def test_better_scans_change_no_pixel(image: pyvips.Image, is_full_chroma: bool) -> None:
    baseline = write_jpeg(pixels_of(image), 70, table=MASKED, is_full_chroma=is_full_chroma)
    assert baseline is not None

    progressive = rescanned(baseline)

    assert len(progressive) < len(baseline)
    read = pyvips.Image.jpegload_buffer(progressive)
    assert read.get("interlaced") == 1
    assert np.array_equal(pixels_of(read), pixels_of(pyvips.Image.jpegload_buffer(baseline)))


def test_a_picture_too_small_for_many_scans_stays_baseline() -> None:
    baseline = write_jpeg(pixels_of(landscape(48, 36)), 70, table=MASKED)
    assert baseline is not None

    assert rescanned(baseline) == baseline


def test_a_file_holds_its_profile_and_no_other_words() -> None:
    profile = bytes(LARGER.icc_transform("p3", input_profile="srgb").get("icc-profile-data"))

    with_it, without = (
        write_jpeg(pixels_of(LARGER), 70, table=MASKED, profile=given) for given in (profile, None)
    )

    assert with_it is not None
    assert without is not None
    for data in (with_it, rescanned(with_it)):
        assert bytes(pyvips.Image.jpegload_buffer(data).get("icc-profile-data")) == profile
    for data in (without, rescanned(without)):
        # SOI, then at once the first quantization table (T.81, B.2.1): no application's segment.
        assert data.startswith(b"\xff\xd8\xff\xdb")


def test_noise_that_overflows_pillows_buffer_is_left_to_others() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (160, 156, 3), dtype=np.uint8)

    assert write_jpeg(noise, 100, table=KLEIN, is_full_chroma=True) is None


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
