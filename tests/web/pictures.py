"""Encoded pictures for requests, each drawn once."""

from functools import cache

import pyvips

from tests.pictures import graphic, landscape, quadrants


@cache
def jpeg(width: int = 640, height: int = 480) -> bytes:
    data: bytes = landscape(width, height).jpegsave_buffer(Q=88)
    return data


@cache
def png(width: int = 192, height: int = 192) -> bytes:
    data: bytes = graphic(width, height).pngsave_buffer()
    return data


@cache
def quadrant_png(width: int, height: int) -> bytes:
    data: bytes = quadrants(width, height).pngsave_buffer()
    return data


@cache
def animated_gif(frames: int = 5) -> bytes:
    pages = [quadrants(60, 40).linear([1, 1, 1], [-9 * index] * 3) for index in range(frames)]
    tall = pyvips.Image.arrayjoin([page.cast("uchar") for page in pages], across=1).copy()
    tall.set_type(pyvips.GValue.gint_type, "page-height", 40)
    tall.set_type(pyvips.GValue.array_int_type, "delay", [80] * frames)
    tall.set_type(pyvips.GValue.gint_type, "loop", 3)
    data: bytes = tall.gifsave_buffer()
    return data


def opened(data: bytes) -> pyvips.Image:
    """A result, decoded whole: a broken one raises."""
    image = pyvips.Image.new_from_buffer(data, "", fail_on="truncated")
    image.copy_memory()
    return image
