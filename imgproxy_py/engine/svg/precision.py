"""Precision: how many decimals of a coordinate can be seen."""

import math
import re

from imgproxy_py.engine.svg.numbers import NUMBER, read_numbers
from imgproxy_py.engine.svg.tree import Element

# Where the picture is drawn 4096 pixels long, rounding moves a point by 1/48 of a pixel at most,
# which is half a step of the last decimal that is kept.
_STEPS_PER_SIDE = 4096 * 24
_MAX_DECIMALS = 8
_PLAIN_LENGTH = re.compile(rf"({NUMBER})(?:px)?")
_FUNCTION = re.compile(r"([a-zA-Z]+)\s*\(([^()]*)\)")


def decimals_for(extent: float) -> int:
    """Decimals for coordinates of a picture that is `extent` units long."""
    if not 0 < extent < math.inf:
        return _MAX_DECIMALS
    return min(max(0, math.ceil(math.log10(_STEPS_PER_SIDE / extent))), _MAX_DECIMALS)


def shown_extent(root: Element) -> float | None:
    """User units along the side that the picture is scaled by; None when nothing says it."""
    box = read_numbers(root.attributes.get("viewBox", ""))
    if box is not None and len(box) == 4 and min(box[2:]) > 0:
        is_cut = "slice" in root.attributes.get("preserveAspectRatio", "")
        return min(box[2:]) if is_cut else max(box[2:])
    sides = [
        match and float(match[1])
        for side in ("width", "height")
        if (match := _PLAIN_LENGTH.fullmatch(root.attributes.get(side, "").strip()))
    ]
    lengths = [side for side in sides if side]
    return max(lengths) if len(lengths) == 2 else None


def scale_of(transform: str) -> float | None:
    """The most by which a transform attribute lengthens anything; None when it is unclear."""
    scale = 1.0
    for name, arguments in _FUNCTION.findall(transform):
        values = read_numbers(arguments)
        if not values:
            return None
        match name:
            case "matrix" if len(values) == 6:
                scale *= math.hypot(*values[:2]) + math.hypot(*values[2:4])
            case "scale":
                scale *= max(abs(value) for value in values)
            case "translate" | "rotate":
                pass
            case _:
                return None
    return scale
