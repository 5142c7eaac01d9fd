"""Which pictures a command line names, and where their results go."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgproxy_py.service.filename import stem_of

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".svg"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A file or a URL, as `name` says, and the `stem` of its result below the output folder."""

    name: str
    stem: Path
    is_url: bool = False

    @property
    def path(self) -> Path:
        return Path(self.name)


def find_pictures(names: Iterable[str], *, output: Path | None = None) -> list[Picture]:
    """Files and URLs as they are named; folders with everything below them that looks like a
    picture, except what lies in `output`.

    Hidden folders are passed over; the order is that of the names. Raises FileNotFoundError.
    """
    return _kept_apart([picture for name in names for picture in _found(name, output)])


def _found(name: str, output: Path | None) -> Iterator[Picture]:
    path = Path(name)
    if name.startswith(("http://", "https://")):
        yield Picture(name=name, stem=Path(stem_of(name)), is_url=True)
    elif path.is_dir():
        yield from _below(path, output)
    elif path.exists():
        yield Picture(name=name, stem=Path(path.stem))
    else:
        raise FileNotFoundError(name)


def _below(top: Path, output: Path | None) -> Iterator[Picture]:
    # A second run must not take the first one's results for sources.
    passed_over = None if output is None else output.resolve()
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and Path(folder, name).resolve() != passed_over
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix.lower() in PICTURE_SUFFIXES:
                yield Picture(name=str(path), stem=path.relative_to(top).with_suffix(""))


def _kept_apart(pictures: Sequence[Picture]) -> list[Picture]:
    """No two results under one name: beside `a.jpg`, `a.png` makes `a.png.…`."""
    counts = Counter(picture.stem for picture in pictures)
    taken: set[Path] = set()
    apart = []
    for picture in pictures:
        stem = picture.stem
        if counts[stem] > 1 and not picture.is_url:
            stem = stem.with_name(picture.path.name)
        number = 2
        first = stem
        while stem in taken:
            stem, number = first.with_name(f"{first.name}-{number}"), number + 1
        taken.add(stem)
        apart.append(replace(picture, stem=stem))
    return apart


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
