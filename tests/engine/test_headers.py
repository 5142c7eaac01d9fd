"""Single headers, built byte by byte where no encoder would write them."""

import struct
import zlib

import pytest

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.headers import exif, icc
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from tests.engine.drawing import arriving_source, gradient, source_of

PICTURE = gradient(32, 24)
JPEG: bytes = PICTURE.jpegsave_buffer(keep="none")
PNG: bytes = PICTURE.pngsave_buffer(keep="none")


def facts_of(data: bytes) -> SourceFacts:
    with source_of(data) as source:
        return inspect(source, Limits())


def exif_block(value: int, *, order: str = "<", field_type: int = 3, count: int = 1) -> bytes:
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, field_type, count, value, 0)
    return mark + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(segments: bytes) -> bytes:
    return JPEG[:2] + segments + JPEG[2:]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(chunks: bytes) -> bytes:
    return PNG[:33] + chunks + PNG[33:]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_is_read_in_both_byte_orders(value: int, order: str) -> None:
    assert exif.orientation(exif_block(value, order=order)) == value


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(exif_block(0), id="0"),
        pytest.param(exif_block(9), id="9"),
        pytest.param(exif_block(65_535), id="65535"),
        pytest.param(exif_block(6, field_type=2), id="a text instead of a number"),
        pytest.param(b"II*\x00\xff\xff\xff\xff", id="a directory far outside"),
        pytest.param(exif_block(6)[:12], id="cut inside the directory"),
        pytest.param(b"XX" + exif_block(6)[2:], id="no byte order"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_an_orientation_that_is_not_legal_is_upright(block: bytes) -> None:
    assert exif.orientation(block) == 1


def test_exif_is_found_in_jpeg_and_png_after_other_segments() -> None:
    block = exif_block(6)
    noise = segment(0xE5, bytes(60_000)) * 3

    assert facts_of(jpeg_with(noise + segment(0xE1, b"Exif\x00\x00" + block))).orientation == 6
    assert facts_of(png_with(chunk(b"eXIf", block))).orientation == 6


def test_sizes_are_exchanged_by_the_orientations_that_turn() -> None:
    facts = facts_of(jpeg_with(segment(0xE1, b"Exif\x00\x00" + exif_block(8))))

    assert (facts.width, facts.height) == (32, 24)
    assert (facts.upright_width, facts.upright_height) == (24, 32)


def test_a_profile_in_parts_is_put_together_in_their_order() -> None:
    profile: bytes = (
        PICTURE.copy().icc_transform("p3", input_profile="srgb").get("icc-profile-data")
    )
    half = len(profile) // 2
    first = segment(0xE2, b"ICC_PROFILE\x00\x01\x02" + profile[:half])
    second = segment(0xE2, b"ICC_PROFILE\x00\x02\x02" + profile[half:])

    facts = facts_of(jpeg_with(second + first))

    assert facts.has_icc
    assert not facts.has_srgb_profile


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    assert facts_of(jpeg_with(b"\xff\xff\xff" + segment(0xFE, b"comment"))).width == 32


def test_more_than_100_progressive_scans_are_refused_before_decoding() -> None:
    data: bytes = PICTURE.jpegsave_buffer(interlace=True, keep="none")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + b"\x00"
    bomb = data[:-2] + scan * 101 + data[-2:]

    refusal = "at most 100 are decoded"
    with pytest.raises(ImageTooLarge, match=refusal):
        facts_of(bomb)
    with arriving_source(bomb) as (source, _), pytest.raises(ImageTooLarge, match=refusal):
        inspect(source, Limits())


def test_a_12_bit_jpeg_is_refused_by_its_header() -> None:
    at = JPEG.index(b"\xff\xc0")
    with pytest.raises(BrokenImage, match="not 8 bit"):
        facts_of(JPEG[: at + 4] + b"\x0c" + JPEG[at + 5 :])


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(chunk(b"zTXt", b"k\x00\x00" + zlib.compress(bytes(9_000_000))), id="zTXt"),
        pytest.param(
            chunk(b"iTXt", b"k\x00\x01\x00en\x00k\x00" + zlib.compress(bytes(9_000_000))),
            id="iTXt",
        ),
    ],
)
def test_a_text_that_inflates_to_9_megabytes_is_refused(bomb: bytes) -> None:
    with pytest.raises(ImageTooLarge, match="text of more than 4 MB"):
        facts_of(png_with(bomb))


def test_a_text_that_is_not_compressed_or_is_noise_does_no_harm() -> None:
    plain_text = chunk(b"iTXt", b"k\x00\x00\x00en\x00k\x00" + b"words " * 100)
    noise = chunk(b"zTXt", b"k\x00\x00" + b"not deflate at all")

    assert facts_of(png_with(plain_text + noise)).width == 32


def test_frames_of_an_animated_png_are_counted_with_their_delays() -> None:
    control = struct.pack(">IIIIIHHBB", 0, 32, 24, 0, 0, 1, 25, 0, 0)
    second = struct.pack(">IIIIIHHBB", 1, 32, 24, 0, 0, 3, 0, 0, 0)
    data = png_with(chunk(b"acTL", struct.pack(">II", 2, 7)) + chunk(b"fcTL", control))
    end = data.rindex(b"IEND") - 4

    facts = facts_of(data[:end] + chunk(b"fcTL", second) + data[end:])

    assert (facts.frames, facts.loop) == (2, 7)
    assert facts.delays_ms == (40, 30)  # a denominator of 0 means 100


def test_a_profile_that_only_calls_itself_srgb_is_not_taken_for_it() -> None:
    profile: bytes = (
        PICTURE.copy().icc_transform("p3", input_profile="srgb").get("icc-profile-data")
    )
    named = profile.replace("Display P3".encode("utf-16-be"), "sRGB IEC61".encode("utf-16-be"))

    facts = icc.read_profile(named)

    assert facts is not None
    assert not facts.is_srgb


@pytest.mark.parametrize("profile", [b"", bytes(200), b"\xff" * 5000])
def test_noise_is_no_profile(profile: bytes) -> None:
    assert icc.read_profile(profile) is None
