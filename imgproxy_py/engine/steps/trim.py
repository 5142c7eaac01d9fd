"""Trim: find the border of exactly one color, as stored, before anything is resized."""

import pyvips

from imgproxy_py.engine.geometry import Box


def kept_box(image: pyvips.Image) -> Box | None:
    """What is left inside the border, or None where there is none, or nothing but border.

    `image` must lie in memory. The border has the color of the top left pixel, compared exactly
    and with its alpha; a fully transparent border may hide any colors (libvips' own find_trim
    would take a black drawing on transparent black for border).
    """
    columns, rows = _differs(image).project()
    left, right = _span(columns)
    top, bottom = _span(rows)
    if left < 0 or (right - left + 1, bottom - top + 1) == (image.width, image.height):
        return None
    return Box(left=left, top=top, width=right - left + 1, height=bottom - top + 1)


def _differs(image: pyvips.Image) -> pyvips.Image:
    """255 where a pixel is not of the border's color."""
    corner = image.getpoint(0, 0)
    if image.hasalpha() and corner[-1] == 0:
        return image[image.bands - 1] != 0
    differs = image != corner
    return differs if image.bands == 1 else differs.bandor()


def _span(sums: pyvips.Image) -> tuple[int, int]:
    """First and last index of a row or column with any difference; (-1, -1) for none."""
    marks = bytes((sums > 0).write_to_memory())
    return marks.find(b"\xff"), marks.rfind(b"\xff")
