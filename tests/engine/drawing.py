"""What the engine's tests draw, and how they look at it: no file, no array library."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips

from imgproxy_py.engine import vips
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.pipeline import render
from imgproxy_py.engine.plan import make_plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.source import SourceBytes
from options_grammar.options import Options

vips.set_up()

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 170, 60), (40, 70, 210), (230, 200, 40)
QUARTERS = (RED, GREEN, BLUE, YELLOW)
WHITE = (255, 255, 255)
RGB = tuple[int, ...]


def plain(width: int, height: int, color: RGB) -> pyvips.Image:
    """One color; as many bands as it has."""
    image = (pyvips.Image.black(width, height, bands=len(color)) + list(color)).cast("uchar")
    return image.copy(interpretation="srgb" if len(color) >= 3 else "b-w")


def quarters(width: int, height: int) -> pyvips.Image:
    """Red, green / blue, yellow: whoever sees a corner knows which part was kept."""
    sizes = (width // 2, height // 2)
    parts = [plain(*sizes, color) for color in QUARTERS]
    return pyvips.Image.arrayjoin(parts, across=2).copy(interpretation="srgb")


def gradient(width: int, height: int) -> pyvips.Image:
    """Smooth in both directions, another ramp in each band: shows what was moved or shifted."""
    x = pyvips.Image.xyz(width, height)
    red, green = x[0] * (255 / max(1, width - 1)), x[1] * (255 / max(1, height - 1))
    blue = (red + green) / 2
    return red.bandjoin([green, blue]).rint().cast("uchar").copy(interpretation="srgb")


def animation(frames: list[pyvips.Image], *, delays_ms: list[int], loop: int = 0) -> pyvips.Image:
    """Frames of one size as libvips holds an animation, ready to be saved."""
    strip = pyvips.Image.arrayjoin(frames, across=1).copy(interpretation="srgb")
    strip.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    strip.set_type(pyvips.GValue.gint_type, "loop", loop)
    strip.set_type(pyvips.GValue.array_int_type, "delay", delays_ms)
    return strip


@contextmanager
def source_of(data: bytes) -> Iterator[SourceBytes]:
    """A complete source that holds `data`."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield SourceBytes(file.fileno())


@contextmanager
def source_at(path: Path) -> Iterator[SourceBytes]:
    with path.open("rb") as file:
        yield SourceBytes(file.fileno())


@contextmanager
def arriving_source(
    data: bytes, wait_for: Callable[[int], int] | None = None
) -> Iterator[tuple[SourceBytes, list[int]]]:
    """A source that grows by what is waited for, and the list of all waits."""
    waits: list[int] = []
    with tempfile.TemporaryFile() as file:

        def grow(count: int) -> int:
            waits.append(count)
            there = os.fstat(file.fileno()).st_size
            wanted = min(count, len(data))
            if wanted > there:
                os.pwrite(file.fileno(), data[there:wanted], there)
            return max(there, wanted)

        yield SourceBytes(file.fileno(), wait_for=wait_for or grow), waits


def rendered(data: bytes, *, keeps_profile: bool = False, **options: object) -> Rendered:
    """`data` through inspect, plan and render, with the options named."""
    with source_of(data) as source:
        return rendered_from(source, Options(**options), keeps_profile=keeps_profile)  # type: ignore[arg-type]


def rendered_from(
    source: SourceBytes, options: Options, *, keeps_profile: bool = False
) -> Rendered:
    facts = inspect(source, Limits())
    return render(source, facts, make_plan(facts, options), keeps_profile=keeps_profile)


def size(result: Rendered) -> tuple[int, int]:
    return result.width, result.page_height


def color_at(image: pyvips.Image, x: float, y: float) -> RGB:
    """The pixel at fractions 0..1 of width and height."""
    at = (min(int(x * image.width), image.width - 1), min(int(y * image.height), image.height - 1))
    return tuple(int(band) for band in image.getpoint(*at))


def corners(image: pyvips.Image) -> list[RGB]:
    """What is seen near the four corners, in the order of `QUARTERS`."""
    places = [(0.02, 0.02), (0.98, 0.02), (0.02, 0.98), (0.98, 0.98)]
    return [color_at(image, x, y) for x, y in places]


def is_near(color: RGB, expected: RGB, tolerance: int = 12) -> bool:
    return len(color) == len(expected) and all(
        abs(band - wanted) <= tolerance for band, wanted in zip(color, expected, strict=True)
    )


def difference(image: pyvips.Image, other: pyvips.Image) -> float:
    """Mean absolute difference per band, of 255."""
    assert (image.width, image.height, image.bands) == (other.width, other.height, other.bands)
    return float((image - other).abs().avg())
