"""Coordinates: path data, points, transforms and lengths in as many digits as can be seen.

Where an element is drawn is known while it lies under nothing but groups. What is used from
elsewhere (`<defs>`, symbols, markers, patterns, clips) may be drawn at any scale: there only path
data are rounded, by the path's own extent, and other numbers keep seven digits.
"""

import re
from dataclasses import dataclass

from imgproxy_py.engine.svg import numbers
from imgproxy_py.engine.svg.names import ANIMATIONS, SHAPES
from imgproxy_py.engine.svg.path import extent, read_path, write_path
from imgproxy_py.engine.svg.precision import decimals_for, scale_of, shown_extent
from imgproxy_py.engine.svg.references import Facts
from imgproxy_py.engine.svg.tree import Element

_PLACED = frozenset({"svg", "g", "a", "switch", "text", "image", "use"}) | SHAPES
_LENGTHS = frozenset(
    ["x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2"]
)
_PLAIN_NUMBERS = frozenset(
    [
        "fx",
        "fy",
        "fr",
        "stroke-width",
        "stroke-opacity",
        "fill-opacity",
        "opacity",
        "stop-opacity",
        "stroke-miterlimit",
        "stroke-dashoffset",
        "font-size",
        "offset",
        "refX",
        "refY",
        "markerWidth",
        "markerHeight",
        "stdDeviation",
    ]
)
_TRANSFORMS = frozenset({"transform", "gradientTransform", "patternTransform"})
_FUNCTION = re.compile(r"\s*,?\s*([a-zA-Z]+)\s*\(([^()]*)\)\s*")
_IDENTITIES = ("translate(0)", "translate(0 0)", "scale(1)", "scale(1 1)", "rotate(0)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """`units`: how many user units the picture is long here, None where nobody knows."""

    units: float | None

    @property
    def decimals(self) -> int | None:
        return None if self.units is None else decimals_for(self.units)

    def inside(self, element: Element) -> "_Place":
        scale = scale_of(element.attributes.get("transform", ""))
        if self.units is None or not scale or "transform" in element.attributes.get("style", ""):
            return _Place(units=None)
        return _Place(units=self.units / scale)


def round_coordinates(root: Element, facts: Facts) -> None:
    """In place. An animated picture keeps its paths: steps between two shapes have to match."""
    units = None if facts.has_sheet or facts.is_animated else shown_extent(root)
    place = _Place(units=units)
    _round(root, place, facts)


def _round(element: Element, place: _Place, facts: Facts) -> None:
    is_elsewhere = element.name not in _PLACED or element.attributes.get("id") in facts.used
    outer = _Place(units=None) if is_elsewhere else place
    inner = outer.inside(element)
    for name, value in list(element.attributes.items()):
        short = _rounded(element, name, value, outer, inner, facts)
        if short == "" and name in _TRANSFORMS:
            del element.attributes[name]
        elif short is not None and len(short) <= len(value):
            element.attributes[name] = short
    is_new_box = element.name == "svg" and facts.root is not element
    for child in element.elements:
        _round(child, _Place(units=None) if is_new_box else inner, facts)


def _rounded(
    element: Element, name: str, value: str, outer: _Place, inner: _Place, facts: Facts
) -> str | None:
    """The shorter text; None where nothing is known to be shorter."""
    if element.name in ANIMATIONS:
        return None
    if name in _TRANSFORMS:
        return _transform(value, outer.decimals)
    if name == "d" and element.name == "path":
        return None if facts.is_animated else _path(value, inner)
    if name == "points" and element.name in SHAPES:
        return _points(value, inner)
    if name in ("width", "height") and facts.root is element:
        return numbers.compact_length(value)
    if name == "viewBox":
        box = numbers.read_numbers(value) or []
        return " ".join(numbers.significant(each, 15) for each in box) or None
    if name in _LENGTHS:
        return numbers.rounded_length(value, inner.decimals)
    return numbers.rounded_length(value, None) if name in _PLAIN_NUMBERS else None


def _path(value: str, place: _Place) -> str | None:
    segments = read_path(value)
    if segments is None:
        return None
    units = place.units or extent(segments)
    return write_path(segments, decimals_for(units))


def _points(value: str, place: _Place) -> str | None:
    places = numbers.read_numbers(value)
    if not places or len(places) % 2:
        return None
    units = place.units or max(max(places) - min(places), 0.0)
    decimals = decimals_for(units)
    steps = (numbers.on_grid(each, decimals) for each in places)
    return " ".join(numbers.grid_text(each, decimals) for each in steps)


def _transform(value: str, decimals: int | None) -> str | None:
    """Numbers in few digits, and without functions that do nothing."""
    parts: list[str] = []
    end = 0
    for match in _FUNCTION.finditer(value):
        values = numbers.read_numbers(match[2])
        if match.start() != end or not values:
            return None
        end = match.end()
        part = f"{match[1]}({' '.join(_arguments(match[1], values, decimals))})"
        if part not in _IDENTITIES:
            parts.append(part)
    return " ".join(parts) if end == len(value) else None


def _arguments(name: str, values: list[float], decimals: int | None) -> list[str]:
    """Where something is moved to is rounded like every place; factors keep their digits."""
    texts = [numbers.significant(value) for value in values]
    if decimals is not None and name == "translate":
        texts = [numbers.grid_text(numbers.on_grid(each, decimals), decimals) for each in values]
    if name == "translate" and len(texts) == 2 and texts[1] == "0":
        return texts[:1]
    return texts
