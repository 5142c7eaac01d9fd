"""Local writes: whole or not at all, and nothing left over is taken for a blob."""

import errno
import os
from pathlib import Path

import pytest

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.whole_file import write_whole


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    write_whole(f"{tmp_path}/a/b/file", memoryview(b"abc"))

    assert (tmp_path / "a/b/file").read_bytes() == b"abc"
    assert os.listdir(tmp_path / "a/b") == ["file"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(f"{tmp_path}/file", memoryview(b"old"))
    real_write = os.write

    def write(fd: int, data: memoryview) -> int:
        if len(data) < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(fd, data[:4])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="No space left"):
        write_whole(f"{tmp_path}/file", memoryview(b"new value"))

    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


async def test_what_a_killed_process_left_behind_is_not_listed(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri())
    await blobs.put("contents/ab/cd", b"whole")
    (tmp_path / "contents/ab/ef#123456").write_bytes(b"half")

    assert [entry.key async for entry in blobs.entries()] == ["contents/ab/cd"]
