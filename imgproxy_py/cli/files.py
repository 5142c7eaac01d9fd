"""Which local pictures a command line names, and where their results go."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".svg"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A picture, and its path below the folder that was named (or just its name)."""

    path: Path
    relative: Path


def find_pictures(paths: Iterable[Path]) -> Iterator[SourceFile]:
    """Files as they are named; folders with everything below them that looks like a picture.

    Hidden folders are passed over; the order is that of the names.
    """
    for path in paths:
        if not path.is_dir():
            yield SourceFile(path=path, relative=Path(path.name))
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                found = Path(folder, name)
                if found.suffix.lower() in PICTURE_SUFFIXES:
                    yield SourceFile(path=found, relative=found.relative_to(path))


def replace_file(path: Path, data: bytes | memoryview) -> None:
    """Write beside the target and rename: it is the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(data)
            temporary.flush()
            os.fsync(temporary.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
