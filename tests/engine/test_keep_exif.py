"""What `keep` asks for is in the result, as another library reads it; nothing else is."""

import io
import itertools
import struct
from pathlib import Path

import pytest
from PIL import Image

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.kept_metadata import DAMAGED
from options_grammar import Keep
from tests.engine import exif_pictures as pictures
from tests.engine.encoding import animated_source, cutout, decoded
from tests.engine.exif_pictures import (
    CARRIERS,
    SOURCES,
    exif_of,
    jpeg_with,
    kept,
    picture,
    tiff_block,
)

EACH_SOURCE = pytest.mark.parametrize("source_format", SOURCES)
EACH_RESULT = pytest.mark.parametrize("asked", CARRIERS)
JPEG_START = b"\xff\xd8\xff"
COMBINATIONS = [
    frozenset(parts) for count in range(5) for parts in itertools.combinations(Keep, count)
]


@EACH_SOURCE
@EACH_RESULT
def test_all_of_exif_goes_into_every_format_and_the_picture_stands_upright(
    source_format: ImageFormat, asked: ImageFormat
) -> None:
    source = picture(source_format, orientation=6)

    result = kept(source, f"80,format={asked},keep=exif")

    first, exif, gps = exif_of(result.data)
    assert first.pop(pictures.ORIENTATION, 1) == 1
    assert first == {pictures.MAKE: "PRIVATE_maker", **pictures.COPYRIGHT_TAGS}
    assert exif == {**pictures.CREATION_TAGS, pictures.SERIAL: "PRIVATE_serial"}
    assert gps == pictures.LOCATION_TAGS
    with Image.open(io.BytesIO(result.data)) as image:
        assert image.size == (80, 120)
    assert result.warnings == ()


@pytest.mark.parametrize("parts", COMBINATIONS, ids=lambda parts: "+".join(sorted(parts)))
@pytest.mark.parametrize("orientation", [1, 6])
def test_each_combination_keeps_its_parts_and_no_others(
    parts: frozenset[Keep], orientation: int
) -> None:
    source = picture(ImageFormat.JPEG, orientation=orientation)

    result = kept(source, f"80,format=jpeg,keep={'+'.join(parts) or 'none'}")

    first, exif, gps = exif_of(result.data)
    has_all = Keep.EXIF in parts
    assert first.pop(pictures.ORIENTATION, 1) == 1
    assert (first.pop(pictures.MAKE, None) is not None) is has_all
    assert first == (pictures.COPYRIGHT_TAGS if has_all or Keep.COPYRIGHT in parts else {})
    assert (exif.pop(pictures.SERIAL, None) is not None) is has_all
    assert exif == (pictures.CREATION_TAGS if has_all or Keep.CREATION in parts else {})
    assert gps == (pictures.LOCATION_TAGS if has_all or Keep.LOCATION in parts else {})


@pytest.mark.parametrize("source_format", CARRIERS)
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_the_sources_own_bytes_keep_what_was_asked_and_how_they_stand(
    source_format: ImageFormat, orientation: int
) -> None:
    source = picture(source_format, orientation=orientation)

    result = kept(source, f"format={source_format},quality=lossless,keep=copyright")

    first, exif, gps = exif_of(result.data)
    assert result.stop == "lossless"
    assert first.pop(pictures.ORIENTATION, 1) == orientation
    assert (first, exif, gps) == (pictures.COPYRIGHT_TAGS, {}, {})
    assert b"PRIVATE_serial" not in result.data
    assert float((decoded(result.data) - decoded(source)).abs().max()) == 0


def test_a_thumbnail_is_never_kept() -> None:
    maker = (pictures.MAKE, 2, 4, b"Cam\0")
    behind = 8 + 2 + 12 + 4
    jpeg_at = behind + 2 + 2 * 12 + 4
    thumbnail = struct.pack(">H", 2)
    thumbnail += struct.pack(">HHII", 0x0201, 4, 1, jpeg_at)
    thumbnail += struct.pack(">HHII", 0x0202, 4, 1, len(b"PRIVATE_thumbnail")) + bytes(4)
    block = tiff_block([maker], behind=thumbnail + b"PRIVATE_thumbnail", following=behind)

    result = kept(jpeg_with(block), "keep=exif")

    assert exif_of(result.data)[0] == {pictures.MAKE: "Cam"}
    assert pictures.block_of(result.data) == tiff_block([maker])


@pytest.mark.parametrize("asked", CARRIERS)
def test_keeping_exif_beside_alpha_and_a_profile_changes_neither(asked: ImageFormat) -> None:
    source = picture_with(alpha=True)

    plain = kept(source, f"format={asked},quality=lossless")
    result = kept(source, f"format={asked},quality=lossless,keep=copyright")

    assert exif_of(result.data)[0] == pictures.COPYRIGHT_TAGS
    assert exif_of(plain.data)[0] == {}
    left, right = decoded(plain.data), decoded(result.data)
    assert (left.bands, left.get_typeof("icc-profile-data")) == (
        right.bands,
        right.get_typeof("icc-profile-data"),
    )
    assert float((left - right).abs().max()) == 0


def picture_with(*, alpha: bool) -> bytes:
    """A PNG in Display P3 that fades out, with an author."""
    image = cutout().icc_transform("p3", input_profile="srgb")
    with Image.open(io.BytesIO(image.pngsave_buffer())) as opened:
        assert (opened.mode == "RGBA") is alpha
        file = io.BytesIO()
        profile = opened.info["icc_profile"]
        opened.save(file, "PNG", exif=pictures.camera_exif(), icc_profile=profile)
    return file.getvalue()


def test_an_animation_keeps_its_exif_and_its_frames() -> None:
    with Image.open(io.BytesIO(animated_source(".webp"))) as opened:
        file = io.BytesIO()
        opened.save(file, "WEBP", save_all=True, exif=pictures.camera_exif())

    result = kept(file.getvalue(), "120,format=webp,keep=location")

    assert exif_of(result.data)[2] == pictures.LOCATION_TAGS
    assert result.frames == 5


def test_a_format_that_holds_no_exif_says_so() -> None:
    result = kept(picture(ImageFormat.JPEG), "80,format=gif,keep=location+copyright")

    assert result.warnings == (
        (
            "keep=copyright+location: gif holds no EXIF, so it was left out;"
            " jpeg, png, webp and avif hold it"
        ),
    )
    assert b"PRIVATE" not in result.data


def test_a_video_says_so_too() -> None:
    pytest.importorskip("av")
    with Image.open(io.BytesIO(animated_source(".webp"))) as opened:
        file = io.BytesIO()
        opened.save(file, "WEBP", save_all=True, exif=pictures.camera_exif())

    result = kept(file.getvalue(), "120,format=webm,keep=exif")

    assert result.warnings == (
        "keep=exif: webm holds no EXIF, so it was left out; jpeg, png, webp and avif hold it",
    )


def test_where_there_was_nothing_to_keep_nothing_is_said() -> None:
    source = animated_source()

    assert kept(source, "120,format=gif,keep=exif").warnings == ()


@pytest.mark.parametrize("keep", Keep)
def test_damaged_exif_is_dropped_with_a_warning(keep: Keep) -> None:
    claims = (pictures.ARTIST, pictures.EXIF, pictures.GPS)
    source = jpeg_with(tiff_block([(tag, 2, 2**32 - 1, b"\0\0\0\x08") for tag in claims]))

    result = kept(source, f"80,format=jpeg,keep={keep}")

    assert result.data == kept(source, "80,format=jpeg").data
    assert result.warnings == (DAMAGED,)


@pytest.mark.corpus
def test_a_phones_exif_is_kept_with_its_maker_notes_where_they_were(corpus: Path) -> None:
    source = (corpus / "photos" / "phone_12mp_gps.jpg").read_bytes()

    result = kept(source, "400,format=webp,keep=exif")

    before, after = exif_of(source), exif_of(result.data)
    assert after[0] | {pictures.ORIENTATION: 1} == before[0] | {pictures.ORIENTATION: 1}
    assert after[1:] == before[1:]
    assert len(after[2]) > 5
    assert JPEG_START in pictures.block_of(source)
    assert JPEG_START not in pictures.block_of(result.data)


@pytest.mark.corpus
def test_of_a_phones_exif_the_location_alone_can_be_kept(corpus: Path) -> None:
    source = (corpus / "photos" / "phone_12mp_gps.jpg").read_bytes()

    result = kept(source, "400,format=avif,keep=location")

    assert exif_of(result.data) == ({}, {}, exif_of(source)[2])
