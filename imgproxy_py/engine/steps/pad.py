"""Pad: place the picture on a canvas of the background color."""

import pyvips

from imgproxy_py.engine.plan import Plan
from imgproxy_py.engine.steps.flatten import background_bands, in_bands_for


def pad(image: pyvips.Image, plan: Plan) -> pyvips.Image:
    """The picture in the middle of the planned canvas; it was flattened before."""
    canvas = plan.canvas
    if canvas is None:
        return image
    image = in_bands_for(image, plan.background)
    return image.embed(
        canvas.left,
        canvas.top,
        canvas.width,
        canvas.height,
        extend="background",
        background=background_bands(image, plan.background),
    )
