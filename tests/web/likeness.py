"""How alike two pictures are, and which pictures of the corpus to compare."""

from pathlib import Path

import pyvips

from tests.web.asking import picture, size
from tests.web.pictures import opened
from tests.web.server import Answer

_FOLDERS = ("photos", "graphics", "pngsuite", "color", "metadata", "orientation", "animated", "svg")
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".svg"}
# Searching a format for more takes seconds each, and says nothing that less does not.
_MODERATE_BYTES = 700_000


def corpus_data(corpus: Path, name: str) -> bytes:
    return (corpus / name).read_bytes()


def difference(image: pyvips.Image, other: pyvips.Image) -> float:
    """Mean absolute difference per channel, 0..255."""
    pair = [each.colourspace("srgb") for each in (image, other)]
    if pair[0].bands != pair[1].bands:
        pair = [each if each.hasalpha() else each.addalpha() for each in pair]
    difference: float = (pair[0] - pair[1]).abs().avg()
    return difference


def on_gray(image: pyvips.Image) -> pyvips.Image:
    image = image.colourspace("srgb")
    return image.flatten(background=[128]) if image.hasalpha() else image


def moderate_pictures(corpus: Path) -> list[Path]:
    """Every picture of the corpus that may be searched at its full size."""
    found = (path for folder in _FOLDERS for path in sorted((corpus / folder).rglob("*")))
    return [
        path
        for path in found
        if path.suffix.lower() in _SUFFIXES and path.stat().st_size <= _MODERATE_BYTES
    ]


def fault_of_same_size(path: Path, answer: Answer, accept: str) -> str:
    """What is wrong with a result in the size of its source; empty when nothing is.

    It has that size, never more bytes, and a format that was asked for or that everybody reads.
    """
    if len(answer.body) > path.stat().st_size:
        return f"{path.name}: {path.stat().st_size} → {len(answer.body)} bytes"
    source, result = (
        size(image.autorot()) for image in (opened(path.read_bytes()), picture(answer))
    )
    if result != source:
        return f"{path.name}: {source} → {result}"
    media_type = answer.headers["Content-Type"].partition(";")[0].removeprefix("image/")
    is_own = media_type == path.suffix[1:].lower().replace("jpg", "jpeg").replace("svg", "svg+xml")
    is_plain = media_type in {"jpeg", "png", "gif"}
    return "" if is_own or is_plain or media_type in accept else f"{path.name}: {media_type}"
