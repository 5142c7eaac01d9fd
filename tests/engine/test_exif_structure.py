"""What is read of EXIF and what is written: which structures are refused, and what stays of one."""

import struct
from mmap import mmap
from pathlib import Path

import pytest

from imgproxy_py.engine.exif.part import exif_part
from imgproxy_py.engine.exif.structure import MAX_EXIF_BYTES, ExifError
from imgproxy_py.engine.exif.tags import wanted
from imgproxy_py.engine.exif.whole import whole_exif
from options_grammar import Keep
from tests.engine.exif_pictures import ARTIST, EXIF, GPS, camera_exif, tiff_block


@pytest.mark.parametrize(
    ("block", "message"),
    [
        pytest.param(b"", "no byte order", id="nothing"),
        pytest.param(b"XX*\0\0\0\0\x08", "no byte order", id="neither II nor MM"),
        pytest.param(b"MM\0*\0\0\0\x08", "an offset outside the file", id="cut at its directory"),
        pytest.param(
            b"MM\0*\xff\xff\xff\xff" + bytes(20), "an offset outside the file", id="far away"
        ),
        pytest.param(
            b"MM\0*\0\0\0\x02" + bytes(20), "a directory outside the file", id="in itself"
        ),
        pytest.param(
            b"MM\0*\0\0\0\x08\xff\xff" + bytes(65_535 * 12 + 4),
            "a directory outside the file",
            id="65535 entries",
        ),
        pytest.param(
            tiff_block([(ARTIST, 2, 2**32 - 1, b"\0\0\0\x08")]),
            "a value outside the file",
            id="a value of 4 GB",
        ),
        pytest.param(
            tiff_block([(EXIF, 4, 1, b"\0\0\0\x08")]),
            "directories that overlap",
            id="a directory that is its own child",
        ),
        pytest.param(
            tiff_block([(EXIF, 4, 2, b"\0\0\0\x08")]),
            "a pointer to a directory that is no offset",
            id="two directories at once",
        ),
    ],
)
def test_a_broken_structure_is_refused_with_the_reason(block: bytes, message: str) -> None:
    with pytest.raises(ExifError) as refusal:
        whole_exif(block[:MAX_EXIF_BYTES], orientation=1)

    assert str(refusal.value) == message


def test_a_picture_that_has_to_be_turned_is_not_given_exif_that_cannot_say_so() -> None:
    with pytest.raises(ExifError, match=r"^no orientation in it$"):
        whole_exif(tiff_block([(ARTIST, 2, 4, b"Ann\0")]), orientation=6)


def test_no_more_is_kept_than_a_jpeg_segment_holds() -> None:
    long = tiff_block([(ARTIST, 2, MAX_EXIF_BYTES, struct.pack(">I", 26))], behind=b"A" * 70_000)

    with pytest.raises(ExifError, match=r"^more than fits into a segment$"):
        whole_exif(long, orientation=1)
    with pytest.raises(ExifError, match=r"^more than may be written$"):
        exif_part(long, wanted([Keep.COPYRIGHT]), orientation=1)


def test_values_that_share_their_bytes_are_not_multiplied() -> None:
    """A value of 30 KB under each of forty tags would fill more than a megabyte."""
    shared = [(tag, 7, 30_000, struct.pack(">I", 600)) for tag in range(40)]
    gps = tiff_block(shared, behind=bytes(31_000))[8:]
    block = tiff_block([(GPS, 4, 1, struct.pack(">I", 26))], behind=gps)

    with pytest.raises(ExifError, match=r"^more than fits into a segment$"):
        exif_part(block, wanted([Keep.LOCATION]), orientation=1)


def test_what_no_directory_refers_to_is_not_kept() -> None:
    entry = (ARTIST, 2, 6, struct.pack(">I", 40))
    block = tiff_block([entry], behind=b"PRIVATE_hidden" + b"Alice\0" + b"PRIVATE_behind")

    kept = whole_exif(block, orientation=1)

    assert kept == tiff_block([entry], behind=bytes(14) + b"Alice\0")


@pytest.mark.parametrize("order", ["big", "little"])
def test_the_same_tags_give_the_same_bytes_wherever_they_stood(order: str) -> None:
    near = _two_values(order, gap=0)
    far = _two_values(order, gap=50)

    parts = [exif_part(block, wanted([Keep.COPYRIGHT]), orientation=1) for block in (near, far)]

    assert parts[0] == parts[1] == near


def _two_values(order: str, *, gap: int) -> bytes:
    sign = ">" if order == "big" else "<"
    at = 8 + 2 + 24 + 4 + gap
    head = (b"MM\0*" if order == "big" else b"II*\0") + struct.pack(f"{sign}IH", 8, 2)
    artist = struct.pack(f"{sign}HHII", ARTIST, 2, 6, at)
    notice = struct.pack(f"{sign}HHII", 0x8298, 2, 8, at + 6)
    return head + artist + notice + bytes(4 + gap) + b"Alice\0(c) Bob\0"


def test_a_file_in_memory_is_read_like_its_bytes(tmp_path: Path) -> None:
    sound = camera_exif().tobytes().removeprefix(b"Exif\0\0")
    path = tmp_path / "block"
    path.write_bytes(sound)
    with path.open("rb") as file, mmap(file.fileno(), 0, prot=1) as mapped:
        part = exif_part(mapped, wanted(Keep), orientation=1)

    assert part == exif_part(sound, wanted(Keep), orientation=1)
    assert part is not None
