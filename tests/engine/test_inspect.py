"""What headers say, before any pixel is decoded, and what is refused on their word."""

import struct
import zlib
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from tests.engine.drawing import animation, arriving_source, gradient, plain, source_at, source_of

PICTURE = gradient(60, 40)
WITH_ALPHA = PICTURE.bandjoin(128)
GRAY = plain(60, 40, (90,))


def facts_of(data: bytes, limits: Limits | None = None) -> SourceFacts:
    with source_of(data) as source:
        return inspect(source, limits or Limits())


def png_chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def png_with(chunk: bytes) -> bytes:
    """A whole PNG with one more chunk after its header."""
    data: bytes = PICTURE.pngsave_buffer(keep="none")
    return data[:33] + chunk + data[33:]


def png_declaring(width: int, height: int, *, depth: int = 8, color_type: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"")


@pytest.mark.parametrize(
    ("data", "image_format"),
    [
        (PICTURE.jpegsave_buffer(), ImageFormat.JPEG),
        (PICTURE.pngsave_buffer(), ImageFormat.PNG),
        (PICTURE.gifsave_buffer(), ImageFormat.GIF),
        (PICTURE.webpsave_buffer(), ImageFormat.WEBP),
        (PICTURE.webpsave_buffer(lossless=True), ImageFormat.WEBP),
        (PICTURE.heifsave_buffer(compression="av1"), ImageFormat.AVIF),
        (PICTURE.tiffsave_buffer(), ImageFormat.TIFF),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"/>', ImageFormat.SVG),
    ],
)
def test_format_and_size_come_from_the_header(data: bytes, image_format: ImageFormat) -> None:
    facts = facts_of(data)

    assert (facts.format, facts.width, facts.height) == (image_format, 60, 40)
    assert facts.frames == 1


@pytest.mark.parametrize(
    "data",
    [
        WITH_ALPHA.pngsave_buffer(),
        WITH_ALPHA.webpsave_buffer(),
        WITH_ALPHA.webpsave_buffer(lossless=True),
        WITH_ALPHA.heifsave_buffer(compression="av1"),
        png_with(png_chunk(b"tRNS", b"\x00\x01\x00\x02\x00\x03")),
    ],
)
def test_alpha_is_seen_in_the_header(data: bytes) -> None:
    assert facts_of(data).has_alpha


def test_gray_interlaced_deep_and_cmyk_are_told() -> None:
    deep = plain(9, 9, (1, 2, 3)).colourspace("rgb16")
    cmyk = PICTURE.icc_transform("cmyk", input_profile="srgb")

    assert facts_of(GRAY.jpegsave_buffer()).is_gray
    assert facts_of(GRAY.pngsave_buffer()).is_gray
    assert facts_of(PICTURE.jpegsave_buffer(interlace=True)).is_interlaced
    assert facts_of(PICTURE.pngsave_buffer(interlace=True)).is_interlaced
    assert facts_of(deep.pngsave_buffer()).bits == 16
    assert facts_of(cmyk.jpegsave_buffer()).is_cmyk
    assert facts_of(PICTURE.pngsave_buffer(palette=True)).is_palette
    assert facts_of(PICTURE.webpsave_buffer(lossless=True)).is_lossless
    assert not facts_of(PICTURE.webpsave_buffer()).is_lossless


def test_an_srgb_profile_is_known_by_its_numbers_and_another_is_not() -> None:
    srgb = facts_of(PICTURE.jpegsave_buffer(profile="srgb"))
    wide = facts_of(PICTURE.webpsave_buffer(profile="p3"))
    none = facts_of(PICTURE.jpegsave_buffer(keep="none"))

    assert srgb.has_icc
    assert srgb.has_srgb_profile
    assert wide.has_icc
    assert not wide.has_srgb_profile
    assert not none.has_icc


def test_an_animation_tells_frames_delays_and_loop() -> None:
    frames = [gradient(20, 20), gradient(20, 20).invert(), plain(20, 20, (0, 0, 0))]
    strip = animation(frames, delays_ms=[40, 120, 300], loop=3)

    for data in (strip.gifsave_buffer(), strip.webpsave_buffer()):
        facts = facts_of(data)
        assert (facts.width, facts.height, facts.frames) == (20, 20, 3)
        assert facts.delays_ms == (40, 120, 300)
        assert facts.loop == 3


@pytest.mark.parametrize(
    ("data", "limits", "message"),
    [
        pytest.param(
            png_declaring(20_000, 20_000),
            Limits(),
            "the source image is 20000x20000 pixels; at most 10000 a side are accepted",
            id="a side",
        ),
        pytest.param(
            png_declaring(3000, 2000),
            Limits(max_pixels=5_000_000),
            "the source image is 3000x2000, 6000000 pixels; at most 5000000 are accepted",
            id="pixels",
        ),
        pytest.param(
            png_with(png_chunk(b"acTL", struct.pack(">II", 3000, 0))),
            Limits(max_frames=1000),
            "the source image has 3000 frames; at most 1000 are accepted",
            id="frames",
        ),
        pytest.param(
            png_with(png_chunk(b"acTL", struct.pack(">II", 100, 0))),
            Limits(max_pixels=200_000),
            "the source image has 240000 pixels in 100 frames; at most 200000 are accepted",
            id="pixels of all frames",
        ),
        pytest.param(
            png_with(png_chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(50_000_000)))),
            Limits(),
            "the source image has a compressed color profile of more than 4 MB, "
            "the most that is read",
            id="a profile that inflates to 50 MB",
        ),
    ],
)
def test_too_much_is_refused_with_both_figures(data: bytes, limits: Limits, message: str) -> None:
    with pytest.raises(ImageTooLarge) as refusal:
        facts_of(data, limits)

    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8\xff<html>", id="HTML after JPEG's magic bytes"),
        pytest.param(PICTURE.jpegsave_buffer()[:100], id="a JPEG cut in its header"),
        pytest.param(PICTURE.pngsave_buffer()[:20], id="a PNG cut in its header"),
        pytest.param(png_declaring(0, 5), id="no columns"),
        pytest.param(png_declaring(5, 5, color_type=5), id="a color type that does not exist"),
        pytest.param(b"RIFF\x20\x00\x00\x00WEBPJUNK" + bytes(12), id="a WebP without a picture"),
    ],
)
def test_a_damaged_header_is_a_broken_image(data: bytes) -> None:
    with pytest.raises(BrokenImage):
        facts_of(data)


def test_still_pictures_are_inspected_long_before_they_have_arrived() -> None:
    noise = gradient(1500, 1000)
    noise = (noise + _noise(1500, 1000)).cast("uchar")
    for data in (
        noise.jpegsave_buffer(Q=90),
        noise.pngsave_buffer(),
        noise.webpsave_buffer(Q=90, keep="none"),
    ):
        with arriving_source(data) as (source, waits):
            inspect(source, Limits())

        assert max(waits) < len(data) / 10


def _noise(width: int, height: int) -> pyvips.Image:
    return pyvips.Image.gaussnoise(width, height, mean=0, sigma=20, seed=1)


def test_a_huge_canvas_is_refused_before_its_frames_are_waited_for() -> None:
    head = b"RIFF\xff\xff\xff\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00" + b"\xff\x3f\x00" * 2

    refusal = pytest.raises(ImageTooLarge)
    with arriving_source(head + bytes(1_000_000)) as (source, waits), refusal:
        inspect(source, Limits())

    assert max(waits) <= 4096


def test_facts_agree_with_libvips_on_every_real_picture(corpus: Path) -> None:
    paths = sorted((corpus / "photos").iterdir()) + sorted((corpus / "graphics").iterdir())
    for path in paths + sorted((corpus / "color").iterdir()):
        image = pyvips.Image.new_from_file(str(path))
        with source_at(path) as source:
            facts = inspect(source, Limits())

        assert (facts.width, facts.height) == (image.width, image.height), path.name
        assert facts.has_alpha == image.hasalpha(), path.name
        assert facts.bands == image.bands, path.name
        assert facts.has_icc == bool(image.get_typeof("icc-profile-data")), path.name
