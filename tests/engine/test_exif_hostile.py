"""EXIF is read as an attacker's: bounded, never an error of another kind, and true when kept."""

import struct
from collections.abc import Callable
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from imgproxy_py.engine.embed import embed
from imgproxy_py.engine.exif.find import find_exif
from imgproxy_py.engine.exif.part import exif_part
from imgproxy_py.engine.exif.structure import ExifError
from imgproxy_py.engine.exif.tags import wanted
from imgproxy_py.engine.exif.whole import whole_exif
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers import exif as header
from options_grammar import Keep
from tests.engine.exif_pictures import (
    ARTIST,
    CARRIERS,
    EXIF,
    GPS,
    ORIENTATION,
    camera_exif,
    kept,
    picture,
    tiff_block,
)

_law = settings(deadline=None, max_examples=300)
SOUND = camera_exif(6).tobytes().removeprefix(b"Exif\0\0")
_keeps = st.frozensets(st.sampled_from(Keep), min_size=1)
_orientations = st.integers(1, 8)
_numbers = st.sampled_from([0, 1, 2, 8, 9, 26, 38, 100, 511, 513, 65_535, 2**31, 2**32 - 1])


@st.composite
def _entries(draw: st.DrawFn) -> tuple[int, int, int, bytes]:
    tags = [ORIENTATION, ARTIST, 0x8298, EXIF, GPS, 0xA005, 0x9003, 0x0201, 0x0202, 0x010E]
    tag = draw(st.sampled_from(tags))
    kind = draw(st.sampled_from([1, 2, 3, 4, 5, 7, 12, 13, 129, 0, 77]))
    return tag, kind, draw(_numbers), struct.pack(">I", draw(_numbers))


_drawn = st.builds(
    tiff_block, st.lists(_entries(), max_size=6), behind=st.binary(max_size=80), following=_numbers
)


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A camera's EXIF with a few bytes changed, and perhaps cut."""
    block = bytearray(SOUND)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(block) - 1))
        block[at] = draw(st.integers(0, 255))
    return bytes(block[: draw(st.integers(0, len(block)))] if draw(st.booleans()) else block)


_blocks = _drawn | _damaged() | st.binary(max_size=200)


@_law
@given(_blocks, _orientations)
def test_all_of_exif_is_refused_or_kept_no_longer_and_stays_so(
    block: bytes, orientation: int
) -> None:
    kept = _kept(lambda: whole_exif(block, orientation=orientation))
    if kept is None:
        return

    assert len(kept) <= len(block)
    assert whole_exif(kept, orientation=orientation) == kept


@_law
@given(_blocks, _keeps, _orientations)
def test_a_part_is_refused_or_written_no_longer_and_stays_so(
    block: bytes, keep: frozenset[Keep], orientation: int
) -> None:
    def part(data: bytes) -> bytes | None:
        return exif_part(data, wanted(keep), orientation=orientation, max_bytes=len(data))

    kept = _kept(lambda: part(block))
    if kept is None:
        return

    assert len(kept) <= len(block)
    assert part(kept) == kept
    assert header.orientation(kept) == orientation


@_law
@given(_damaged(), _orientations)
def test_a_kept_orientation_is_the_one_that_the_pixels_need(block: bytes, orientation: int) -> None:
    kept = _kept(lambda: whole_exif(block, orientation=orientation))

    assert kept is None or header.orientation(kept) == orientation


@settings(deadline=None, max_examples=100)
@given(st.data(), st.sampled_from(CARRIERS), st.booleans())
def test_a_damaged_file_is_searched_and_written_to_without_an_error(
    data: st.DataObject, image_format: ImageFormat, has_exif: bool
) -> None:
    sound = picture(image_format) if has_exif else encoded(image_format)
    file = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, min(len(file), 900) - 1))] = data.draw(st.integers(0, 255))

    found = find_exif(bytes(file), image_format)
    written = embed(bytes(file), image_format, SOUND)

    assert found is None or isinstance(found, bytes)
    assert written is None or SOUND in written


@cache
def encoded(image_format: ImageFormat) -> bytes:
    """As our encoders leave it, without EXIF."""
    return kept(picture(ImageFormat.JPEG), f"80,format={image_format}").data


def _kept(keep: Callable[[], bytes | None]) -> bytes | None:
    try:
        return keep()
    except ExifError:
        return None
