"""Pixels for the metric, drawn and spoiled here."""

import numpy as np
import numpy.typing as npt
import pyvips

from tests import pictures

Bytes = npt.NDArray[np.uint8]


def pixels_of(image: pyvips.Image) -> Bytes:
    if image.interpretation not in ("srgb", "b-w"):
        image = image.colourspace("srgb")
    return np.ascontiguousarray(
        np.asarray(image.numpy(), np.uint8).reshape(image.height, image.width, -1)
    )


def landscape(width: int, height: int) -> Bytes:
    return pixels_of(pictures.landscape(width, height))


def graphic(width: int, height: int) -> Bytes:
    """RGBA: flat colors on a transparent ground."""
    return pixels_of(pictures.graphic(width, height))


def as_jpeg(pixels: Bytes, quality: int) -> Bytes:
    """What is left of the pixels after a JPEG without color subsampling."""
    image = pyvips.Image.new_from_array(pixels)
    data = image.jpegsave_buffer(Q=quality, subsample_mode="off")
    return pixels_of(pyvips.Image.new_from_buffer(data, ""))


def noisy(pixels: Bytes, strength: int, seed: int = 5) -> Bytes:
    """Every band moved by at most `strength`; the same bytes every time, whatever libraries."""
    state = np.random.RandomState(seed)
    moved = pixels.astype(np.int16) + state.randint(-strength, strength + 1, pixels.shape)
    clipped: Bytes = np.clip(moved, 0, 255).astype(np.uint8)
    return clipped


def gradient(width: int, height: int) -> Bytes:
    """Soft slopes in three colors and a dark square: integer arithmetic only."""
    y, x = np.mgrid[0:height, 0:width]
    bands = [x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)]
    pixels = np.stack(bands, axis=-1).astype(np.uint8)
    pixels[height // 3 : height // 2, width // 3 : width // 2] = (20, 30, 90)
    return pixels
