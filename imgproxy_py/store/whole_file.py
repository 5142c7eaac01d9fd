"""Writing a local file so that readers see all of it or what stood there before."""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def write_all(folder: Path, items: Sequence[tuple[str, memoryview]]) -> None:
    """Write several files in their order: when one fails, those after it are not written.

    The views are released at the end, so that a caller can unmap what they look at.
    """
    try:
        for key, data in items:
            write_whole(f"{folder}/{key}", data)
    finally:
        for _, data in items:
            data.release()


def delete_all(folder: Path, keys: Sequence[str]) -> None:
    """Remove several files; it is no error when one is not there."""
    for key in keys:
        with suppress(FileNotFoundError):
            os.unlink(f"{folder}/{key}")


def write_whole(path: str, data: memoryview) -> None:
    """Write beside the target, then rename. Nothing is flushed: the readers verify."""
    # obstore passes over names that end like this when it lists, so what a kill leaves behind is
    # never taken for a blob.
    staged = f"{path}#{secrets.randbelow(10**15)}"
    fd = _create(staged)
    try:
        try:
            written = 0
            while written < len(data):  # a full disk, or 2 GiB at once, can make a write short
                written += os.write(fd, data[written:])
        finally:
            os.close(fd)
        os.rename(staged, path)
    except BaseException:
        os.unlink(staged)
        raise


def _create(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o644)
