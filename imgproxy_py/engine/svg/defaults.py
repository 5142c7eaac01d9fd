"""Defaults: attributes and properties that say what holds anyway, or what cannot be seen there.

Initial values: SVG 1.1, appendix M (property index), and SVG 2, section 6.6. A value that is
inherited may go only when nothing above, and nothing that uses the element, says another.
"""

from imgproxy_py.engine.svg import css
from imgproxy_py.engine.svg.names import DESCRIPTIVE, INHERITED, SHAPES
from imgproxy_py.engine.svg.references import Facts, every
from imgproxy_py.engine.svg.tree import Element

INITIAL: dict[str, tuple[str, ...]] = {
    "fill": ("#000",),
    "fill-opacity": ("1",),
    "fill-rule": ("nonzero",),
    "clip-rule": ("nonzero",),
    "stroke": ("none",),
    "stroke-width": ("1",),
    "stroke-linecap": ("butt",),
    "stroke-linejoin": ("miter",),
    "stroke-miterlimit": ("4",),
    "stroke-dasharray": ("none",),
    "stroke-dashoffset": ("0",),
    "stroke-opacity": ("1",),
    "marker": ("none",),
    "marker-end": ("none",),
    "marker-mid": ("none",),
    "marker-start": ("none",),
    "visibility": ("visible",),
    "image-rendering": ("auto",),
    "shape-rendering": ("auto",),
    "paint-order": ("normal",),
    "color-interpolation": ("sRGB", "srgb"),
    "font-style": ("normal",),
    "font-weight": ("normal", "400"),
    "font-variant": ("normal",),
    "font-stretch": ("normal",),
    "letter-spacing": ("normal",),
    "word-spacing": ("normal",),
    "text-anchor": ("start",),
    "writing-mode": ("lr-tb", "lr", "horizontal-tb"),
    # these are not inherited
    "clip-path": ("none",),
    "display": ("inline",),
    "filter": ("none",),
    "flood-opacity": ("1",),
    "isolation": ("auto",),
    "mask": ("none",),
    "mix-blend-mode": ("normal",),
    "opacity": ("1",),
    "stop-color": ("#000",),
    "stop-opacity": ("1",),
    "vector-effect": ("none",),
}
_SHORTHANDS = {"font": "font-", "marker": "marker-"}
# `font-size` stays: a length in em is measured by it.
_SEEN_IN_TEXT_ONLY = frozenset(
    name
    for name in INHERITED
    if name.startswith(("font-", "text-", "letter-", "word-", "glyph-", "white-"))
    and name != "font-size"
) | {"kerning", "line-height", "writing-mode", "dominant-baseline", "alignment-baseline"}
_SEEN_ELSEWHERE = frozenset(
    {"stop-color", "stop-opacity", "flood-color", "flood-opacity", "lighting-color", "inline-size"}
)
_OF_STROKES = frozenset(name for name in INHERITED if name.startswith("stroke-"))
_OF_FILLS = frozenset({"fill-opacity", "fill-rule"})
_ZERO = ("0",)
_INITIAL_ATTRIBUTES: dict[str, dict[str, tuple[str, ...]]] = {
    "rect": {"x": _ZERO, "y": _ZERO, "rx": _ZERO, "ry": _ZERO},
    "image": {"x": _ZERO, "y": _ZERO},
    "use": {"x": _ZERO, "y": _ZERO},
    "circle": {"cx": _ZERO, "cy": _ZERO},
    "ellipse": {"cx": _ZERO, "cy": _ZERO},
    "line": {"x1": _ZERO, "y1": _ZERO, "x2": _ZERO, "y2": _ZERO},
    "marker": {"refX": _ZERO, "refY": _ZERO, "markerUnits": ("strokeWidth",)},
}
_EVERYWHERE: dict[str, tuple[str, ...]] = {"preserveAspectRatio": ("xMidYMid meet", "xMidYMid")}
_ROOT: dict[str, tuple[str, ...]] = {"width": ("100%",), "height": ("100%",)}
_MEANINGLESS_ON_ROOT = ("version", "zoomAndPan", "x", "y")


def remove_defaults(root: Element, facts: Facts) -> None:
    """In place. A style sheet or an animation may override anything: then nothing is removed."""
    if "style" in {element.name for element in every(root)} or facts.is_animated:
        return
    for name in _MEANINGLESS_ON_ROOT:
        root.attributes.pop(name, None)
    if not facts.has_text:
        root.attributes.pop("xml:space", None)
    _remove_attributes(root, _ROOT)
    handed_down = _handed_down(root)
    for element in every(root):
        element.attributes.pop("class", None)
        _remove_attributes(element, _EVERYWHERE)
        _remove_attributes(element, _INITIAL_ATTRIBUTES.get(element.name, {}))
        _remove_properties(element, handed_down)


def properties(element: Element) -> dict[str, str]:
    """What the element sets; its style counts more than its attributes."""
    set_here = {name: value for name, value in element.attributes.items() if name in _KNOWN}
    return set_here | dict(css.clean_style(element.attributes.get("style", "")))


_KNOWN = frozenset(INITIAL) | INHERITED


def _handed_down(root: Element) -> frozenset[str]:
    """Properties that something with children, or a `<use>`, sets to another value."""
    found: set[str] = set()
    for element in every(root):
        if not element.elements and element.name != "use":
            continue
        for name, value in properties(element).items():
            if value not in INITIAL.get(name, ()):
                found.add(name)
                shorthand = _SHORTHANDS.get(name)
                found |= {each for each in INHERITED if shorthand and each.startswith(shorthand)}
    return frozenset(found)


def _remove_attributes(element: Element, initial: dict[str, tuple[str, ...]]) -> None:
    for name, values in initial.items():
        # A radius that is not said follows the other one.
        if name in ("rx", "ry") and element.attributes.get("rx") != element.attributes.get("ry"):
            continue
        if element.attributes.get(name) in values:
            del element.attributes[name]


def _remove_properties(element: Element, handed_down: frozenset[str]) -> None:
    declared = css.clean_style(element.attributes.get("style", ""))
    if len({name for name, _ in declared}) < len(declared):
        return  # said twice: which of them a renderer understands is not known here
    for name, _ in declared:
        if name in _KNOWN:
            element.attributes.pop(name, None)
    wasted = _wasted(element, handed_down)
    for name in wasted:
        element.attributes.pop(name, None)
    kept = css.style_text([each for each in declared if each[0] not in wasted])
    if kept:
        element.attributes["style"] = kept
    else:
        element.attributes.pop("style", None)


def _wasted(element: Element, handed_down: frozenset[str]) -> set[str]:
    here = properties(element)
    wasted = {
        name
        for name, value in here.items()
        if value in INITIAL.get(name, ()) and (name not in INHERITED or name not in handed_down)
    }
    is_leaf = all(child.name in DESCRIPTIVE for child in element.elements)
    if element.name not in SHAPES or not is_leaf:
        return wasted
    wasted |= set(here) & (_SEEN_IN_TEXT_ONLY | _SEEN_ELSEWHERE)
    if _is_none(here, "stroke", handed_down) and not _has_markers(here, handed_down):
        wasted |= set(here) & _OF_STROKES
    if here.get("fill") == "none":
        wasted |= set(here) & _OF_FILLS
    return wasted


def _is_none(here: dict[str, str], name: str, handed_down: frozenset[str]) -> bool:
    if name in here:
        return here[name] == "none"
    return name not in handed_down


def _has_markers(here: dict[str, str], handed_down: frozenset[str]) -> bool:
    """A marker is measured by the stroke's width even where no stroke is drawn."""
    names = {name for name in INHERITED if name.startswith("marker")}
    return any(here.get(name, "none") != "none" for name in names) or not names.isdisjoint(
        handed_down
    )
