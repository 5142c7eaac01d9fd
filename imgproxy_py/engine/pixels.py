"""Pixels in memory, readable by libvips and by us without a second copy."""

import numpy as np
import numpy.typing as npt
import pyvips

# Rows of 1 to 4 bands: height, width, bands.
Pixels = npt.NDArray[np.uint8]


def in_memory(image: pyvips.Image) -> tuple[pyvips.Image, memoryview | None]:
    """Run the pipeline once. The image has no metadata left; its pixels are given when 8-bit.

    `copy_memory` would do for libvips alone; looking at the pixels would then cost a pipeline of
    its own, half a millisecond, which on a small picture is a tenth of the whole.
    """
    data = image.write_to_memory()
    bands, band_format = image.bands, image.format
    held = pyvips.Image.new_from_memory(data, image.width, image.height, bands, band_format)
    held = held.copy(interpretation=image.interpretation)
    return held, memoryview(data).cast("B") if band_format == "uchar" else None


def array_of(image: pyvips.Image) -> Pixels:
    """Shape (height, width, bands), 8 bits; no copy beyond libvips' own."""
    if image.format != "uchar":  # AVIF with 10 bits, PNG with 16
        image = image.colourspace("srgb" if image.bands > 2 else "b-w")
    return np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, -1)
