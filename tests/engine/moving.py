"""Animations that the tests draw, as rendered references."""

from collections.abc import Sequence

import pyvips

from imgproxy_py.engine.content import measure
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.rendered import Rendered
from tests.engine.drawing import plain
from tests.pictures import landscape

SIDE = 64


def drawn(positions: Sequence[int], delays_ms: Sequence[int], *, loop: int = 0) -> Rendered:
    """A red square at each of the positions, 0..40: equal positions are equal frames."""
    ground = plain(SIDE, SIDE, (240, 244, 250)).draw_rect([20, 60, 120], 0, 50, SIDE, 14, fill=True)
    pages = [
        ground.draw_rect([200, 40, 40], 4 + at, 12 + at // 4, 16, 16, fill=True) for at in positions
    ]
    return rendered(pages, delays_ms, loop=loop)


def panning(frames: int, *, width: int = 160, height: int = 96) -> Rendered:
    """A photograph over which the camera moves."""
    ground = landscape(width + 3 * frames, height).copy_memory()
    pages = [ground.crop(3 * at, 0, width, height) for at in range(frames)]
    return rendered(pages, [60] * frames)


def rendered(pages: list[pyvips.Image], delays_ms: Sequence[int], *, loop: int = 0) -> Rendered:
    tall = pyvips.Image.arrayjoin(pages, across=1).copy(interpretation="srgb").copy_memory()
    return Rendered(
        image=tall,
        page_height=pages[0].height,
        frames=len(pages),
        delays_ms=tuple(delays_ms),
        loop=loop,
    )


def brief_of(moving: Rendered, target: float = 72) -> Brief:
    return Brief(rendered=moving, content=measure(moving.image), target=target)


def bytes_of(moving: Rendered, suffix: str = ".gif", **options: object) -> bytes:
    """As a source, by libvips' own encoder."""
    image = brief_of(moving).animation(allows_alpha=True)
    return bytes(image.write_to_buffer(suffix, **options))
