"""Reading at once: only what needs no waiting."""

import os
from pathlib import Path

import pytest

from imgproxy_py.store.page_cache import MAX_BYTES, read_at_once


def test_a_file_just_written_is_read_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc" * 1000)

    assert read_at_once(file) in {b"abc" * 1000, None}  # None: a file system that cannot tell


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert read_at_once(tmp_path / "file") in {b"", None}


def test_a_large_file_is_left_to_others(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(MAX_BYTES + 1))

    assert read_at_once(file) is None


@pytest.mark.parametrize(
    ("start", "length", "found"),
    [(0, 3, b"012"), (4, 2, b"45"), (8, 5, b"89"), (10, 1, b""), (12, 1, b"")],
)
def test_a_part_is_read_as_far_as_there_is_one(
    tmp_path: Path, start: int, length: int, found: bytes
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")

    assert read_at_once(file, start=start, length=length) in {found, None}


def test_a_small_part_of_a_large_file_is_read_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(MAX_BYTES) + b"end")

    assert read_at_once(file, start=MAX_BYTES, length=3) in {b"end", None}


def test_a_missing_file_is_known_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_at_once(tmp_path / "file")


def test_what_is_not_in_memory_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc" * 1000)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    # None where the kernel dropped the page, the bytes where it kept it: never anything else.
    assert read_at_once(file) in {None, b"abc" * 1000}


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(20):
        read_at_once(tmp_path / "file")

    # Something older may have been closed meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= before
