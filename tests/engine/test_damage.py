"""Damaged at random: whatever was done to a picture, it ends as a picture or as our error."""

import random

import pytest
import pyvips

from imgproxy_py.engine.errors import EngineError
from tests.engine.drawing import animation, gradient, plain, rendered

PICTURE = gradient(60, 40)
FRAMES = animation(
    [PICTURE, PICTURE.invert(), plain(60, 40, (0, 0, 0))], delays_ms=[40, 120, 300], loop=3
)
SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">
  <defs><g id="a"><rect width="9" height="9"/></g></defs><use href="#a" x="5"/></svg>"""


def bmp() -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    pixels = bytes(PICTURE.write_to_memory())
    Image.frombytes("RGB", (60, 40), pixels).save(file, "BMP")
    return file.getvalue()


def with_exif() -> pyvips.Image:
    image = PICTURE.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    return image


WHOLE = {
    "jpeg": with_exif().jpegsave_buffer(profile="p3"),
    "progressive": PICTURE.jpegsave_buffer(interlace=True),
    "png": with_exif().pngsave_buffer(profile="p3"),
    "gif": FRAMES.gifsave_buffer(),
    "webp": FRAMES.webpsave_buffer(),
    "still webp": with_exif().webpsave_buffer(profile="p3"),
    "lossless webp": PICTURE.webpsave_buffer(lossless=True, keep="none"),
    "avif": PICTURE.heifsave_buffer(compression="av1", effort=0),
    "tiff": PICTURE.tiffsave_buffer(compression="lzw"),
    "bmp": bmp(),
    "svg": SVG,
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, most of them in the header; now and then cut short."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        reach = len(data) if chance.random() < 0.3 else min(len(data), 400)
        changed[chance.randrange(reach)] = chance.choice(
            [0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)]
        )
    if chance.random() < 0.3:
        del changed[chance.randrange(len(changed)) :]
    return bytes(changed)


def message(data: bytes) -> str:
    """What the requester is told; empty for a picture."""
    try:
        result = rendered(data, width=20)
    except EngineError as error:
        return str(error) or "nothing at all"
    assert result.width >= 1
    return ""


@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_picture_ends_in_pixels_or_in_one_of_our_errors(name: str) -> None:
    chance = random.Random(f"damage to {name}")

    messages = {message(damaged(WHOLE[name], chance)) for _ in range(120)}

    assert "nothing at all" not in messages
    assert len(messages) > 2


@pytest.mark.parametrize("name", WHOLE)
def test_a_picture_cut_in_its_header_is_refused_or_still_whole_enough(name: str) -> None:
    messages = {message(WHOLE[name][:end]) for end in range(0, min(len(WHOLE[name]), 300), 7)}

    assert "the source is empty" in messages
    assert "nothing at all" not in messages
