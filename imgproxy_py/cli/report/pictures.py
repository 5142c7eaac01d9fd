"""How a report shows its pictures: inside the page while they are few, else by relative links.

A page that holds everything can be mailed or kept as a CI artifact; one of hundreds of megabytes
opens in no browser.
"""

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.engine.formats import FORMATS, ImageFormat

# Of picture bytes; base64 makes them a third larger. Opens within a second or two.
MAX_INLINE_BYTES = 48 << 20
_NOT_SHOWN_BY_BROWSERS = frozenset({ImageFormat.TIFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture as the page shows it: `href` is a data URI or a relative link."""

    href: str
    is_video: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A picture that lies at `path`; `is_lasting` when it will still be there for the reader."""

    path: Path
    format: ImageFormat
    bytes: int
    is_lasting: bool = True


def source_file(outcome: Outcome) -> File | None:
    """What the picture was, where browsers can show it."""
    if outcome.source_path is None or outcome.source_format is None:
        return None
    return _file(
        outcome.source_path,
        outcome.source_format,
        outcome.source_bytes,
        is_lasting=not outcome.is_copy,
    )


def result_file(outcome: Outcome) -> File | None:
    """What became of it."""
    if outcome.result_path is None or outcome.format is None or outcome.result_bytes is None:
        return None
    return _file(outcome.result_path, outcome.format, outcome.result_bytes, is_lasting=True)


def _file(path: Path, name: str, count: int, *, is_lasting: bool) -> File | None:
    found = ImageFormat(name)
    if found in _NOT_SHOWN_BY_BROWSERS:
        return None
    return File(path=path, format=found, bytes=count, is_lasting=is_lasting)


@dataclass(slots=True)
class Album:
    """Decides for all pictures of one page in `folder`, then shows one after the other.

    With more than `max_inline_bytes` of them, only those that will not last are put inside, as
    long as there is room.
    """

    folder: Path
    max_inline_bytes: int = MAX_INLINE_BYTES
    is_inline: bool = True
    _room_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self._room_bytes = self.max_inline_bytes

    def survey(self, outcomes: Iterable[Outcome]) -> None:
        """Look at everything that is to be shown, before the first is."""
        total = sum(file.bytes for outcome in outcomes for file in _files(outcome))
        self.is_inline = total <= self.max_inline_bytes

    def shown(self, file: File | None) -> Shown | None:
        """None where it cannot be shown: no file, gone, or no room for one that will not last."""
        if file is None:
            return None
        is_video = FORMATS[file.format].media_type.startswith("video/")
        if file.is_lasting and not self.is_inline:
            return Shown(href=self._link(file.path), is_video=is_video)
        if file.bytes > self._room_bytes:
            return None
        try:
            data = file.path.read_bytes()
        except OSError:
            return None
        self._room_bytes -= len(data)
        return Shown(href=_data_uri(data, file.format), is_video=is_video)

    def _link(self, path: Path) -> str:
        relative = os.path.relpath(path.absolute(), self.folder.absolute())
        return quote(os.fsencode(relative))


def _files(outcome: Outcome) -> Iterator[File]:
    candidates: Sequence[File | None] = (source_file(outcome), result_file(outcome))
    yield from (file for file in candidates if file is not None)


def _data_uri(data: bytes, image_format: ImageFormat) -> str:
    encoded = base64.b64encode(data).decode()
    return f"data:{FORMATS[image_format].media_type};base64,{encoded}"
