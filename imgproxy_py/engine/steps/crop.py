"""Crop: cut the picture down to the box the plan chose, or to what deserves attention."""

import pyvips

from imgproxy_py.engine.geometry import Box
from imgproxy_py.engine.plan import Plan


def crop(image: pyvips.Image, plan: Plan) -> pyvips.Image:
    """The kept part of the picture."""
    if plan.attention is not None:
        box = attentive_box(image, plan)
    elif plan.crop is not None:
        box = plan.crop
    else:
        return image
    return image.crop(box.left, box.top, box.width, box.height)


def attentive_box(image: pyvips.Image, plan: Plan) -> Box:
    """Where libvips sees edges, skin and saturated color; `image` must lie in memory."""
    size = plan.attention or plan.result
    kept = image.smartcrop(size.width, size.height, interesting="attention")
    # libvips notes where an area was cut out as a negative offset.
    return Box(left=-kept.xoffset, top=-kept.yoffset, width=size.width, height=size.height)
