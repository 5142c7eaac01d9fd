"""No result takes the place of a source unless that was asked for."""

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from imgproxy_py.cli.files import Picture
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from options_grammar import Format

_REMEDY = "use --in-place, or another folder with -o"
# What `format=` names, by the format that is written for it.
_WRITTEN = {Format.H264: ImageFormat.MP4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """The sources of one command by device and number, so that links and other spellings of a
    path are the same file."""

    files: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, pictures: Iterable[Picture]) -> Self:
        identities = (_identity(picture.path) for picture in pictures if not picture.is_url)
        return cls(files=frozenset(found for found in identities if found is not None))

    def holds(self, path: Path) -> bool:
        """Whether `path`, however it is spelled, is one of the sources."""
        return _identity(path) in self.files

    def refuse(self, path: Path) -> None:
        """Raises FileExistsError where `path` is one of the sources."""
        if self.holds(path):
            raise FileExistsError(errno.EEXIST, replaces(path))

    def first_replaced(
        self, pictures: Iterable[Picture], folder: Path, asked: Format
    ) -> Path | None:
        """The first source that a result in `folder` may replace, or None."""
        if not folder.exists():
            return None
        for picture in pictures:
            for path in _possible_results(picture, folder, asked):
                if self.holds(path):
                    return path
        return None


def replaces(path: Path) -> str:
    """The refusal, for a person."""
    return f"the result would replace the source {path}; {_REMEDY}"


def result_path(picture: Picture, folder: Path, result_format: ImageFormat) -> Path:
    """Where the result of `picture` goes in that format."""
    stem = folder / picture.stem
    return stem.with_name(f"{stem.name}.{FORMATS[result_format].extension}")


def _possible_results(picture: Picture, folder: Path, asked: Format) -> Iterator[Path]:
    """With `auto`, the engine's choice is known only when the work is done."""
    if asked is not Format.AUTO:
        yield result_path(picture, folder, _WRITTEN.get(asked) or ImageFormat(asked.value))
        return
    for result_format, row in FORMATS.items():
        if row.is_result:
            yield result_path(picture, folder, result_format)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:  # nothing there, so nothing to lose
        return None
    return status.st_dev, status.st_ino
