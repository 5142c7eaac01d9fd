"""What the tests of encoders share: drawn pictures as rendered references, and how far off."""

import os
from functools import cache

import pyvips

from imgproxy_py.engine.content import measure
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.engine.source import SourceBytes
from options_grammar.options import Options
from tests.pictures import graphic, landscape

WIDTH, HEIGHT = 240, 160
DELAYS_MS = (40, 100, 250, 60, 120)


@cache
def photo(width: int = WIDTH, height: int = HEIGHT) -> pyvips.Image:
    return landscape(width, height).copy_memory()


def drawing(width: int = WIDTH, height: int = HEIGHT) -> pyvips.Image:
    """Opaque, few colors."""
    return graphic(width, height).flatten(background=[255, 255, 255])


def cutout(width: int = WIDTH, height: int = HEIGHT) -> pyvips.Image:
    """A photograph that fades out to the right."""
    fade = (pyvips.Image.xyz(width, 1)[0] * (255 / (width - 1))).cast("uchar")
    return photo(width, height).bandjoin(fade.replicate(1, height))


def still(image: pyvips.Image, *, is_source_size: bool = False) -> Rendered:
    image = image.copy_memory()
    return Rendered(image=image, page_height=image.height, is_source_size=is_source_size)


def animation(*, loop: int = 3, width: int = WIDTH, height: int = HEIGHT) -> Rendered:
    """A photograph with a square that moves: five frames, each with a delay of its own."""
    ground = photo(width, height)
    frames = [
        ground.draw_rect([220, 30, 30], 20 + 30 * at, 40, 24, 24, fill=True)
        for at in range(len(DELAYS_MS))
    ]
    tall = pyvips.Image.arrayjoin(frames, across=1).copy_memory()
    return Rendered(
        image=tall, page_height=height, frames=len(frames), delays_ms=DELAYS_MS, loop=loop
    )


def animated_source(suffix: str = ".gif", *, loop: int = 3) -> bytes:
    rendered = animation(loop=loop)
    image = rendered.image.copy()
    image.set_type(pyvips.GValue.gint_type, "page-height", rendered.page_height)
    image.set_type(pyvips.GValue.array_int_type, "delay", list(rendered.delays_ms))
    image.set_type(pyvips.GValue.gint_type, "loop", loop)
    return bytes(image.write_to_buffer(suffix))


def brief(rendered: Rendered, target: float = 72) -> Brief:
    return Brief(rendered=rendered, content=measure(rendered.image), target=target)


def decoded(data: bytes, *, n: int = 1) -> pyvips.Image:
    """Pixels of a result; `n` -1 means all frames."""
    return pyvips.Image.new_from_buffer(data, "", **({"n": n} if n != 1 else {})).copy_memory()


def mean_error(left: pyvips.Image, right: pyvips.Image) -> float:
    """Mean absolute difference of the channels, 0..255; invisible color does not count."""
    return float((_visible(left) - _visible(right)).abs().avg())


def _visible(image: pyvips.Image) -> pyvips.Image:
    if image.bands < 3 and image.interpretation == "rgb16":  # how gray AVIF of ten bits is read
        image = image.copy(interpretation="grey16")
    image = image.colourspace("srgb")
    return image.flatten(background=[128, 128, 128]) if image.hasalpha() else image


def source_of(data: bytes) -> SourceBytes:
    """A complete source that holds `data`; its memory goes with the process."""
    fd = os.memfd_create("source")
    os.write(fd, data)
    return SourceBytes(fd)


def optimized(data: bytes, *, job: Job | None = None, **options: object) -> Optimized:
    """The final result for a source of `data`."""
    asked = job or Job(options=Options(**options))  # type: ignore[arg-type]
    result = optimize(asked, source_of(data), keep=lambda _candidate: None)
    assert not isinstance(result, Meta)
    return result
