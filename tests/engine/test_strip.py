"""Stripping: what is private goes, what paints stays, and no pixel changes."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.strip import strip
from imgproxy_py.engine.strip.exif import orientation_only
from imgproxy_py.engine.strip.gif import strip_gif
from imgproxy_py.engine.strip.jpeg import strip_jpeg
from imgproxy_py.engine.strip.png import strip_png
from tests.engine.encoding import animated_source, decoded, photo, source_of

SUFFIXES = {
    ImageFormat.JPEG: ".jpg",
    ImageFormat.PNG: ".png",
    ImageFormat.WEBP: ".webp",
    ImageFormat.AVIF: ".avif[effort=1]",
}
STILLS = pytest.mark.parametrize("image_format", SUFFIXES)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>PRIVATE_xmp</x:xmpmeta>"


def exif(orientation: int = 1, *, text: bytes = b"PRIVATE_exif") -> bytes:
    """A TIFF structure with an orientation and an artist."""
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(">HHII", 0x013B, 2, len(text) + 1, 8 + 2 + 2 * 12 + 4)
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", 2) + entries + bytes(4) + text + b"\0"


def private_source(image_format: ImageFormat, *, orientation: int = 1) -> bytes:
    """A photograph with EXIF, XMP and a profile."""
    image = photo().icc_transform("p3", input_profile="srgb").copy()
    image.set_type(pyvips.GValue.blob_type, "exif-data", b"Exif\0\0" + exif(orientation))
    image.set_type(pyvips.GValue.blob_type, "xmp-data", XMP)
    if orientation != 1:
        image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return bytes(image.write_to_buffer(SUFFIXES[image_format]))


def facts_of(data: bytes) -> SourceFacts:
    return inspect(source_of(data), Limits())


def stripped(data: bytes) -> bytes:
    result = strip(data, facts_of(data))
    assert result is not None
    return result


def same_pixels(left: bytes, right: bytes, *, n: int = 1) -> bool:
    return float((decoded(left, n=n) - decoded(right, n=n)).abs().max()) == 0


@STILLS
def test_private_data_goes_and_pixels_stay(image_format: ImageFormat) -> None:
    source = private_source(image_format)

    result = stripped(source)

    assert b"PRIVATE_" in source
    assert b"PRIVATE_" not in result
    assert same_pixels(result, source)


@STILLS
def test_the_profile_stays(image_format: ImageFormat) -> None:
    source = private_source(image_format)

    kept = decoded(stripped(source)).get("icc-profile-data")

    assert kept == decoded(source).get("icc-profile-data")


@STILLS
def test_stripping_twice_changes_nothing_more(image_format: ImageFormat) -> None:
    once = stripped(private_source(image_format))

    assert stripped(once) == once


@pytest.mark.parametrize("image_format", [ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_an_orientation_stays_as_the_only_tag(image_format: ImageFormat, orientation: int) -> None:
    source = private_source(image_format, orientation=orientation)

    result = stripped(source)

    assert b"PRIVATE_" not in result
    assert facts_of(result).orientation == orientation
    assert orientation_only(orientation) in result


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_an_animation_keeps_its_frames_delays_and_plays(suffix: str) -> None:
    source = animated_source(suffix, loop=3)

    result = stripped(source)

    assert same_pixels(result, source, n=-1)
    before, after = facts_of(source), facts_of(result)
    assert (after.frames, after.delays_ms, after.loop) == (
        before.frames,
        before.delays_ms,
        before.loop,
    )


def test_a_gif_loses_comments_and_foreign_extensions() -> None:
    source = animated_source()
    comment = b"\x21\xfe\x0fPRIVATE_comment\0"
    application = b"\x21\xff\x0bXMP DataXMP\x0bPRIVATE_xmp\0"
    first_block = source.index(b"\x21\xff\x0bNETSCAPE")
    marked = source[:first_block] + comment + application + source[first_block:] + b"PRIVATE_tail"

    result = strip_gif(marked)

    assert b"PRIVATE_" not in result
    assert result == strip_gif(source)


def test_a_jpeg_ends_at_its_end_of_image() -> None:
    source = photo().jpegsave_buffer(keep="none")

    assert strip_jpeg(source + b"PRIVATE_" + source) == strip_jpeg(source)


def jfif(thumbnail: bytes, sides: tuple[int, int]) -> bytes:
    """An APP0 segment: version 1.1, 72 dots an inch, and an RGB thumbnail."""
    body = b"JFIF\0\x01\x01\x01\0\x48\0\x48" + bytes(sides) + thumbnail
    return b"\xff\xe0" + struct.pack(">H", len(body) + 2) + body


def test_a_jpeg_loses_the_thumbnail_in_its_jfif_header() -> None:
    coded = photo().jpegsave_buffer(keep="none")[2:]

    result = strip_jpeg(b"\xff\xd8" + jfif(b"PRIVATE_" * 3 + bytes(3), (3, 3)) + coded)

    assert result == b"\xff\xd8" + jfif(b"", (0, 0)) + coded


def test_a_progressive_jpeg_keeps_all_of_its_scans() -> None:
    source = photo().jpegsave_buffer(keep="none", interlace=True, restart_interval=4)

    assert same_pixels(strip_jpeg(source), source)
    assert strip_jpeg(source).count(b"\xff\xda") == source.count(b"\xff\xda") > 3


def test_a_png_loses_text_and_what_stands_behind_its_end() -> None:
    clean = photo().pngsave_buffer(keep="none")
    text = b"tEXtAuthor\0PRIVATE_name"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))

    assert strip_png(clean[:33] + chunk + clean[33:] + b"PRIVATE_tail") == strip_png(clean)


def test_an_avif_keeps_every_offset() -> None:
    source = private_source(ImageFormat.AVIF)

    assert len(stripped(source)) == len(source)


@STILLS
def test_a_cut_file_is_not_stripped(image_format: ImageFormat) -> None:
    source = private_source(image_format)
    facts = facts_of(source)

    assert strip(source[: len(source) // 2], facts) is None


@settings(max_examples=60, deadline=None)
@given(data=st.data(), image_format=st.sampled_from([*SUFFIXES, ImageFormat.GIF]))
def test_a_damaged_file_is_stripped_or_refused_but_never_an_error(
    data: st.DataObject, image_format: ImageFormat
) -> None:
    source = bytearray(SOURCES[image_format])
    facts = replace(FACTS, format=image_format)
    for _ in range(4):
        at = data.draw(st.integers(0, min(len(source) - 1, 900)))
        source[at] = data.draw(st.integers(0, 255))

    result = strip(bytes(source), facts)

    assert result is None or isinstance(result, bytes)


FACTS = SourceFacts(format=ImageFormat.JPEG, width=240, height=160)
SOURCES = {each: private_source(each) for each in SUFFIXES} | {ImageFormat.GIF: animated_source()}


@pytest.mark.corpus
def test_the_private_values_of_real_files_go(corpus: Path) -> None:
    for path in sorted((corpus / "metadata").iterdir()):
        source = path.read_bytes()

        result = stripped(source)

        assert b"PRIVATE_" not in result, path.name
        assert b"http://ns.adobe.com" not in result, path.name
        assert same_pixels(result, source), path.name
