"""Orient: apply the EXIF orientation, so that pixels stand as the camera saw them."""

import pyvips

from imgproxy_py.engine.plan import Plan

_MIRRORED = frozenset({2, 5, 7})
_ANGLES = {3: "d180", 4: "d180", 5: "d90", 6: "d90", 7: "d270", 8: "d270"}


def orient(image: pyvips.Image, plan: Plan) -> pyvips.Image:
    """The upright picture (EXIF 2.32, tag 0x0112): turned after it was resized, being smaller."""
    if plan.orientation == 1:
        return image
    if plan.orientation == 2:
        return image.fliphor()
    # Decoders give rows from the top only; turning asks for them in any order.
    image = image.copy_memory()
    if plan.orientation == 4:
        return image.flipver()
    turned = image.rot(_ANGLES[plan.orientation])
    return turned.fliphor() if plan.orientation in _MIRRORED else turned
