"""Sources that show what an option did to them: marked, bordered, busy in one place, half clear."""

from functools import cache

import numpy as np
import pyvips

from tests.pictures import graphic, landscape, quadrants
from tests.web.pictures import quadrant_png

RED, GREEN, YELLOW, BLUE = (220, 30, 30), (30, 170, 60), (230, 200, 40), (40, 70, 210)
WHITE, ORANGE, TEAL = (255, 255, 255), (255, 136, 0), (15, 118, 110)
BORDER = (9, 9, 60)
# Where each quarter shows, in fractions.
CORNERS = {(0.1, 0.1): RED, (0.9, 0.1): GREEN, (0.1, 0.9): YELLOW, (0.9, 0.9): BLUE}

# The quadrants lie as they are named: red and green above, yellow and blue below.
QUADRANTS = (400, 200)


def quarters() -> bytes:
    return quadrant_png(*QUADRANTS)


@cache
def bordered() -> bytes:
    """The quadrants inside a border of one color, wider on the right than on the left."""
    inside = quadrants(*QUADRANTS)
    whole = inside.embed(20, 30, 460, 260, extend="background", background=list(BORDER))
    return _png(whole)


@cache
def nearly_bordered() -> bytes:
    """The same, but one pixel of the outermost column is another color by one."""
    pixel = pyvips.Image.new_from_array([[0]]).bandjoin([0, 0]).linear(1, [9, 9, 61]).cast("uchar")
    return _png(pyvips.Image.new_from_buffer(bordered(), "").insert(pixel, 459, 100))


@cache
def clear_ground() -> bytes:
    """A teal card on transparent ground."""
    return _png(graphic(300, 200))


@cache
def busy_right() -> bytes:
    """Even gray, and near the right end of it the only thing to see."""
    ground = np.full((200, 800, 3), 128, np.uint8)
    image = pyvips.Image.new_from_memory(ground.data, 800, 200, 3, "uchar")
    thing = landscape(120, 120).linear([1, 0.5, 0.5], [60, 0, 0]).cast("uchar")
    return _png(image.insert(thing, 640, 40).copy(interpretation="srgb"))


@cache
def dotted(x: float, y: float) -> bytes:
    """Gray with one red dot around a point, given in fractions."""
    width, height = 600, 400
    left, top = x * width - 6, y * height - 6
    rows, columns = np.mgrid[0:height, 0:width]
    is_dot = (columns >= left) & (columns < left + 12) & (rows >= top) & (rows < top + 12)
    pixels = np.full((height, width, 3), 150, np.uint8)
    pixels[is_dot] = RED
    image = pyvips.Image.new_from_memory(pixels.tobytes(), width, height, 3, "uchar")
    return _png(image.copy(interpretation="srgb"))


def reddest(image: pyvips.Image) -> float:
    """How much redder than green the reddest pixel is."""
    image = image.colourspace("srgb")
    most: float = (image[0] - image[1]).max()
    return most


def _png(image: pyvips.Image) -> bytes:
    data: bytes = image.pngsave_buffer()
    return data
