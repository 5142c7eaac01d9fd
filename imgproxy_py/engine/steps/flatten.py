"""Flatten: lay a transparent picture on the background where the plan says that alpha goes."""

import pyvips

from imgproxy_py.engine.plan import Plan
from options_grammar.options import Color


def flatten(image: pyvips.Image, plan: Plan) -> pyvips.Image:
    # Without the second question libvips would drop a band of an RGB picture.
    if not plan.flattens or not image.hasalpha():
        return image
    image = in_bands_for(image, plan.background)
    return image.flatten(background=background_bands(image, plan.background))


def in_bands_for(image: pyvips.Image, color: Color) -> pyvips.Image:
    """A gray picture becomes RGB when the color beside it is not gray."""
    is_neutral = color.red == color.green == color.blue
    if image.bands >= 3 or is_neutral:
        return image
    return image.colourspace("rgb16" if image.format == "ushort" else "srgb")


def background_bands(image: pyvips.Image, color: Color) -> list[int]:
    """The color in the picture's bands and depth, alpha left out."""
    scale = 257 if image.format == "ushort" else 1
    bands = [color.red, color.green, color.blue] if image.bands >= 3 else [color.red]
    return [scale * band for band in bands]
