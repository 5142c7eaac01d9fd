"""What the first bytes of a file rule out, and what they leave to the engine."""

import os
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgproxy_py.engine.errors import BrokenImage, EngineError, ImageTooLarge, NotAnImage
from imgproxy_py.engine.job import Limits
from imgproxy_py.jobs.first_look import MAX_READS, first_look
from tests.pictures import landscape, quadrants

LIMITS = Limits(max_pixels=1_000_000, max_side_pixels=2_000)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'


@contextmanager
def opened(data: bytes) -> Iterator[int]:
    fd = os.memfd_create("source")
    try:
        os.write(fd, data)
        yield fd
    finally:
        os.close(fd)


def look(data: bytes) -> EngineError | None:
    with opened(data) as fd:
        return first_look(fd, LIMITS)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(*chunks: bytes, width: int = 8, height: int = 8) -> bytes:
    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".tif", ".avif"])
def test_a_good_picture_of_any_kind_is_let_through(suffix: str) -> None:
    assert look(landscape(96, 64).write_to_buffer(suffix)) is None


def test_an_svg_is_let_through_behind_a_long_comment_too() -> None:
    assert look(SVG) is None
    assert look(b"<!--" + b"x" * 9000 + b"-->" + SVG) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(
            b"hello", "the source is not a JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP or SVG image"
        ),
        pytest.param(
            b"%PDF-1.7", "the source is a PDF document, not an image that this server reads"
        ),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    fault = look(data)

    assert isinstance(fault, NotAnImage)
    assert str(fault) == words


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif"])
def test_a_picture_over_the_limits_is_refused_by_its_header(suffix: str) -> None:
    assert isinstance(look(quadrants(2_100, 10).write_to_buffer(suffix)), ImageTooLarge)


def test_a_header_that_ends_too_early_is_damage() -> None:
    assert isinstance(look(landscape(96, 64).write_to_buffer(".jpg")[:40]), BrokenImage)


def test_a_picture_whose_pixels_are_damaged_is_the_engines_to_find() -> None:
    assert look(landscape(96, 64).write_to_buffer(".jpg")[:-500]) is None


def test_a_header_without_end_is_looked_at_no_further() -> None:
    """50,000 chunks, each of them growing from 4 kB to 4 MB: three minutes of inflating."""
    bomb = chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(4_000_000)))
    data = png_of(*[bomb] * (MAX_READS + 10), width=9_000)

    began_at = time.process_time()
    fault = look(data)

    assert fault is None
    assert time.process_time() - began_at < 2


def test_looking_moves_no_position_and_leaves_the_file_open(tmp_path: Path) -> None:
    with opened(SVG) as fd:
        os.lseek(fd, 3, os.SEEK_SET)
        first_look(fd, LIMITS)

        assert os.lseek(fd, 0, os.SEEK_CUR) == 3
