"""What a result is beside its source is found out from its pixels."""

import hashlib
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Verified
from imgproxy_py.engine.verify import verify
from imgproxy_py.service.claims import Findings, checks
from options_grammar import parse
from tests.engine.encoding import animated_source, cutout, decoded, optimized, photo, source_of

SOURCE = bytes(photo(240, 160).jpegsave_buffer(Q=95))


def verified(source: bytes, result: bytes, options: str = "full", **limits: int) -> Verified:
    job = Job(
        options=parse(options).options,
        limits=replace(Limits(), **limits),
        verify_from=len(source),
    )
    return verify(job, source_of(source + result))


def score(source: bytes, result: bytes, options: str = "full") -> float:
    found = verified(source, result, options)
    assert found.score is not None, found
    return found.score


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds no pixels for it (PNG 3, 11.2.1)."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data, b"IEND")
    )


@pytest.mark.parametrize("options", ["120", "90x90,crop", "100x100,pad,bgcolor=888", "full"])
@pytest.mark.parametrize("image_format", ["jpeg", "webp", "avif", "png"])
def test_what_the_engine_makes_has_the_promised_size_and_a_good_score(
    options: str, image_format: str
) -> None:
    options = f"{options},format={image_format},quality=high"
    result = optimized(SOURCE, job=Job(options=parse(options).options))

    found = verified(SOURCE, result.data, options)

    assert found.format is result.format
    assert (found.width, found.height) == (result.width, result.height)
    assert (found.promised_width, found.promised_height) == (result.width, result.height)
    assert found.fault is None
    # A high quality's target is 84; what missed it by this much would be another picture.
    assert found.score is not None
    assert found.score > 75


def test_a_worse_result_has_a_lower_score() -> None:
    scores = [score(SOURCE, bytes(photo(240, 160).jpegsave_buffer(Q=q))) for q in (90, 50, 10)]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] + 10


def test_a_result_that_is_its_source_is_equal_to_it() -> None:
    assert score(SOURCE, SOURCE) > 99.9


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_lossless_result_that_is_still_to_be_turned_is_seen_upright(orientation: int) -> None:
    image = photo(240, 160).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    source = bytes(image.jpegsave_buffer(Q=90))
    result = optimized(source, job=Job(options=parse("quality=lossless").options))

    assert score(source, result.data, "quality=lossless") > 99.9


def test_a_result_that_keeps_wide_colors_is_seen_in_them() -> None:
    image = photo(240, 160).icc_export(output_profile="p3", depth=8)
    source = bytes(image.pngsave_buffer())
    result = optimized(source, job=Job(options=parse("quality=lossless").options))

    assert score(source, result.data, "quality=lossless") > 99.9


def test_alpha_is_compared_where_the_format_shows_it_and_flattened_where_not() -> None:
    source = bytes(cutout().pngsave_buffer())
    flattened = bytes(cutout().flatten(background=[0, 0, 255]).pngsave_buffer())

    assert score(source, source) > 99.9
    assert score(source, flattened, "bgcolor=00f") < 90
    as_jpeg = optimized(source, job=Job(options=parse("format=jpeg,bgcolor=00f").options))
    assert score(source, as_jpeg.data, "format=jpeg,bgcolor=00f") > 60


def test_another_size_is_told_and_not_scored() -> None:
    result = bytes(photo(100, 67).jpegsave_buffer())

    found = verified(SOURCE, result, "120")

    assert (found.width, found.height) == (100, 67)
    assert (found.promised_width, found.promised_height) == (120, 80)
    assert found.score is None


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        pytest.param(b"", "the result is empty", id="nothing"),
        pytest.param(b"text", "the result is not a JPEG, PNG", id="text"),
        pytest.param(b"<svg/>", "no result is in the format svg", id="a program"),
        pytest.param(SOURCE[:3000], "the result image is damaged", id="cut"),
        pytest.param(png_of(9_999, 20_000), "the result image is 9999x20000 pixels", id="a bomb"),
    ],
)
def test_a_result_that_cannot_be_shown_says_why(result: bytes, fault: str) -> None:
    found = verified(SOURCE, result)

    assert found.score is None
    assert (found.fault or "").startswith(fault)


def test_a_source_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(NotAnImage):
        verified(b"text", SOURCE)


@pytest.mark.parametrize(
    ("head", "image_format"),
    [
        (b"\x1a\x45\xdf\xa3" + bytes(60), ImageFormat.WEBM),
        (b"\x00\x00\x00\x20ftypisom" + bytes(60), ImageFormat.MP4),
    ],
)
def test_a_video_is_known_by_its_first_bytes_and_never_opened(
    head: bytes, image_format: ImageFormat
) -> None:
    found = verified(
        animated_source(), head, f"format={'h264' if 'mp4' in image_format else 'webm'}"
    )

    assert (found.format, found.score, found.fault) == (image_format, None, None)


def test_the_first_frame_of_an_animation_speaks_for_it() -> None:
    source = animated_source(".webp")

    assert score(source, source) > 99.9
    assert decoded(source, n=-1).height > decoded(source).height


def test_memory_is_asked_for_before_a_pixel_is_decoded() -> None:
    asked: list[int] = []
    job = Job(options=parse("full").options, verify_from=len(SOURCE))

    verify(job, source_of(SOURCE + SOURCE), admit=asked.append)

    assert len(asked) == 1
    assert asked[0] > 2 * 240 * 160 * 3


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["photos", "graphics", "orientation", "color", "animated"])
@pytest.mark.parametrize("options", ["320", "full", "full,quality=lossless"])
def test_the_receipts_of_real_pictures_hold(corpus: Path, folder: str, options: str) -> None:
    path = next(path for path in sorted((corpus / folder).iterdir()) if path.is_file())
    source, asked = path.read_bytes(), parse(options).options
    result = optimized(source, job=Job(options=asked, accepts=frozenset({ImageFormat.WEBP})))
    hashes = [hashlib.sha256(data).hexdigest() for data in (source, result.data)]
    receipt = Receipt.of(
        result,
        options=asked,
        source_bytes=len(source),
        source_sha256=hashes[0],
        result_sha256=hashes[1],
    )

    found = Findings(
        source_bytes=len(source),
        source_sha256=hashes[0],
        result_bytes=len(result.data),
        result_sha256=hashes[1],
        verified=verified(source, result.data, options),
    )

    held = checks(Receipt.parse(receipt.as_header()), found)
    assert [check for check in held if check.holds is not True] == []
