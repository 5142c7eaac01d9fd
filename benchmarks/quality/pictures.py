"""The pictures that are measured: the corpus at two sizes, rendered as the engine renders them.

The corpus is a folder with `photos/` and `graphics/`; its path comes from IMGPROXY_PY_CORPUS or the
command line.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgproxy_py.engine import vips
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.pipeline import render
from imgproxy_py.engine.plan import make_plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.source import SourceBytes
from options_grammar import parse

Pixels = npt.NDArray[np.uint8]

# A photograph of 3:2 whose long side is this has 1.5 megapixels.
LARGE_SIDE_PIXELS = 1500
SMALL_SIDE_PIXELS = 500
LARGE_PIXELS = 1_500_000


class Kind(StrEnum):
    PHOTO = "photo"
    GRAPHIC = "graphic"


class Size(StrEnum):
    """Long side 1500 for photographs, at most 1.5 megapixels for graphics; and 500 pixels."""

    LARGE = "1500"
    SMALL = "500"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One source at one size. `pixels` is the rendered reference (8 bits, 1 to 4 bands).

    `is_lossy_original`: the source is lossy and keeps its size, so that its own faults limit what
    can be saved.
    """

    name: str
    kind: Kind
    size: Size
    path: Path
    size_text: str
    key: str
    is_lossy_original: bool
    pixels: Pixels = field(repr=False)

    @property
    def megapixels(self) -> float:
        height, width = self.pixels.shape[:2]
        return float(height * width) / 1e6

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)

    @property
    def is_comparable(self) -> bool:
        """Whether its bytes belong into totals at equal score."""
        return not self.is_lossy_original


@contextmanager
def opened(path: Path) -> Iterator[SourceBytes]:
    """A file as the engine takes it."""
    fd = os.open(path, os.O_RDONLY)
    try:
        yield SourceBytes(fd)
    finally:
        os.close(fd)


def pictures(corpus: Path, kind: Kind, size: Size) -> Iterator[Picture]:
    """Every picture of a kind, in the order of their names; rendered one by one."""
    for path in sorted((corpus / f"{kind}s").iterdir()):
        if path.suffix in (".png", ".jpg", ".webp", ".avif"):
            yield picture(path, kind, size)


def picture(path: Path, kind: Kind, size: Size) -> Picture:
    """Raises EngineError where the file is no picture."""
    vips.set_up()
    with opened(path) as source:
        facts = inspect(source, Limits())
        text = size_text(facts, kind, size)
        plan = make_plan(facts, parse(text).options)
        pixels = _pixels(render(source, facts, plan))
    digest = hashlib.sha256(path.read_bytes() + pixels.tobytes()).hexdigest()
    return Picture(
        name=path.stem,
        kind=kind,
        size=size,
        path=path,
        size_text=text,
        key=f"{path.stem}-{size}-{digest[:12]}",
        is_lossy_original=not facts.is_lossless and not plan.moves_pixels and _is_lossy(facts),
        pixels=pixels,
    )


def size_text(facts: SourceFacts, kind: Kind, size: Size) -> str:
    """The options that ask for `size`."""
    if size is Size.SMALL:
        return f"{SMALL_SIDE_PIXELS}x{SMALL_SIDE_PIXELS}"
    if kind is Kind.PHOTO:
        return f"{LARGE_SIDE_PIXELS}x{LARGE_SIDE_PIXELS}"
    scale = (LARGE_PIXELS / (facts.width * facts.height)) ** 0.5
    if scale >= 1:
        return "full"
    return f"{int(facts.upright_width * scale)}x{int(facts.upright_height * scale)}"


def _is_lossy(facts: SourceFacts) -> bool:
    return facts.format in ("jpeg", "webp", "avif")


def _pixels(rendered: Rendered) -> Pixels:
    image = rendered.image
    if image.format != "uchar":
        image = image.colourspace("srgb" if image.bands > 2 else "b-w")
    return np.ndarray((image.height, image.width, image.bands), np.uint8, image.write_to_memory())
