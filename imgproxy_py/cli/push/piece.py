"""A picture as it is sent: its bytes' name and number, and the file name that stands for it.

A batch knows its files by name alone, so each has a name of its own there. Nothing else is
remembered between two runs: batch, chunks and keys are made of what is in these values.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.cli.files import Picture
from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.sniff import SVG_HEAD_BYTES, sniff
from imgproxy_py.sources.filename import clean_filename


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`filename` is what the server calls it, no other of the batch has the same.

    `source_format` is None when the bytes are no picture that we know; the server says more.
    """

    picture: Picture
    filename: str
    size_bytes: int
    sha256: str
    source_format: ImageFormat | None


def read_piece(picture: Picture, filename: str) -> Piece:
    """Read the whole file once; raises OSError."""
    with picture.path.open("rb") as file:
        head = file.read(SVG_HEAD_BYTES)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
        return Piece(
            picture=picture,
            filename=filename,
            size_bytes=file.tell(),
            sha256=digest.hexdigest(),
            source_format=_sniffed(head),
        )


def sent_names(pictures: Sequence[Picture]) -> list[str]:
    """One name for each picture: its own, with its folders before it where two are alike.

    The same pictures in the same order get the same names.
    """
    bare = [clean_filename(picture.path.name) or "image" for picture in pictures]
    counts = Counter(bare)
    taken: set[str] = set()
    names = []
    for picture, name in zip(pictures, bare, strict=True):
        wanted = name if counts[name] == 1 else _with_folders(picture)
        names.append(_untaken(wanted, taken))
        taken.add(names[-1])
    return names


def _with_folders(picture: Picture) -> str:
    """`spring/red/shoe.png` as `spring-red-shoe.png`."""
    folders = [part for part in picture.path.parent.parts if part not in ("/", ".", "..")]
    return clean_filename("-".join((*folders, picture.path.name))) or "image"


def _untaken(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    path = Path(wanted)
    while name in taken:
        name, number = f"{path.stem[:200]}-{number}{path.suffix}", number + 1
    return name


def _sniffed(head: bytes) -> ImageFormat | None:
    try:
        return sniff(head)
    except NotAnImage:
        return None
