"""An SVG is read here, as text, before librsvg may: what it would draw is counted first.

Refused: external entities (`<!ENTITY x SYSTEM "file:///etc/passwd">`), entities inside entities
("a billion laughs"), `<use>` towers, piles of filters, and embedded pictures over the limits.
Links to files and hosts are harmless: librsvg follows none of them when it loads from memory.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge

MAX_SVG_BYTES = 10 << 20
_MAX_DEPTH = 256  # libxml2's own limit
_MAX_ELEMENTS = 200_000
# librsvg gives up at 500,000 references, after four seconds.
_MAX_DRAWN_ELEMENTS = 200_000
# A blur takes up to 0.4 s a megapixel on a busy machine: this is eight seconds at the most.
MAX_FILTERED_PIXELS = 20_000_000
# How much dearer than a blur, measured at one megapixel with librsvg 2.63: the worst a primitive
# can be made to do (nine octaves, which librsvg stops at; any radius; a 15x15 matrix).
_FILTER_WEIGHTS = {
    "feMorphology": 20,
    "feConvolveMatrix": 20,
    "feDisplacementMap": 4,
    "feTurbulence": 3,
}
# A width of 1e9 overflows in librsvg, which then says that the picture is 1x1.
_MAX_LENGTH = 1_000_000
_NUMBER = re.compile(r"\s*([\d.]+(?:e\+?\d{1,3})?)", re.IGNORECASE)
_DATA_URL = re.compile(r"\s*data:image/(?!svg)[\w.+-]+(?:;[\w=-]+)*;base64,", re.IGNORECASE)


@dataclass(slots=True)
class _Node:
    """What one element with an id draws: elements of its own, and nodes inside it or used by it."""

    elements: int = 0
    draws: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SvgWork:
    """What an SVG asks of the renderer; `filter_weight` is told in blurs."""

    drawn_elements: int
    filter_weight: int
    embedded: tuple[str, ...]


class _Counter:
    """Handlers for expat; one pass, no tree."""

    def __init__(self) -> None:
        self.nodes: dict[str, _Node] = {"": _Node()}
        self.open_ids: list[str] = [""]
        self.opens_node: list[bool] = []
        self.elements = 0
        self.filter_weight = 0
        self.embedded: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.elements == 0:
            _refuse_absurd_size(attributes)
        self.elements += 1
        if self.elements > _MAX_ELEMENTS or len(self.opens_node) > _MAX_DEPTH:
            raise ImageTooLarge(
                f"the SVG has more than {_MAX_ELEMENTS} elements or {_MAX_DEPTH} levels, "
                "the most that are drawn"
            )
        identity = attributes.get("id")
        self.opens_node.append(identity is not None)
        if identity is not None:
            self.nodes[self.open_ids[-1]].draws.append(identity)
            self.open_ids.append(identity)
        self.nodes.setdefault(self.open_ids[-1], _Node()).elements += 1
        self._take(name.rpartition(":")[2], attributes)

    def end(self, _name: str) -> None:
        if self.opens_node.pop():
            self.open_ids.pop()

    def drawn(self) -> int:
        """Elements drawn once every `<use>` stands for what it names."""
        known: dict[str, int] = {}

        def count(identity: str, above: frozenset[str]) -> int:
            if identity in above or len(above) > _MAX_DEPTH:
                return 0  # a loop: librsvg refuses it itself
            if identity not in known:
                node = self.nodes.get(identity, _Node())
                inside = above | {identity}
                known[identity] = node.elements + sum(count(each, inside) for each in node.draws)
            return known[identity]

        return count("", frozenset())

    def _take(self, name: str, attributes: dict[str, str]) -> None:
        link = attributes.get("href") or attributes.get("xlink:href") or ""
        if name == "use" and link.startswith("#"):
            self.nodes[self.open_ids[-1]].draws.append(link[1:])
        elif name in ("image", "feImage") and (match := _DATA_URL.match(link)):
            self.embedded.append(link[match.end() :])
        elif name.startswith("fe") and not name.startswith(("feFunc", "feMergeNode")):
            self.filter_weight += _FILTER_WEIGHTS.get(name, 1)


def read_svg(data: bytes) -> SvgWork:
    """Count what an SVG asks for; raises BrokenImage or ImageTooLarge."""
    if len(data) > MAX_SVG_BYTES:
        raise ImageTooLarge(f"the SVG is {len(data)} bytes; at most {MAX_SVG_BYTES} are drawn")
    counter = _Counter()
    parser = expat.ParserCreate()
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    parser.EntityDeclHandler = refuse_dangerous_entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    _parse(parser.Parse, data)
    drawn = counter.drawn()
    if drawn > _MAX_DRAWN_ELEMENTS:
        raise ImageTooLarge(
            f"the SVG draws {drawn} elements through <use>; at most {_MAX_DRAWN_ELEMENTS} are drawn"
        )
    return SvgWork(
        drawn_elements=drawn,
        filter_weight=counter.filter_weight,
        embedded=tuple(counter.embedded),
    )


def refuse_filter_bomb(work: SvgWork, *, pixels: int) -> None:
    """Filters cost weight times pixels (`svg_filter_bomb.svg`: 200 times 16 million)."""
    asked = work.filter_weight * pixels
    if asked > MAX_FILTERED_PIXELS:
        raise ImageTooLarge(
            f"the SVG filters {asked} pixels; at most {MAX_FILTERED_PIXELS} are filtered"
        )


def _refuse_absurd_size(root: dict[str, str]) -> None:
    for side in ("width", "height"):
        number = _NUMBER.match(root.get(side, ""))
        if number and _float(number[1]) > _MAX_LENGTH:
            raise ImageTooLarge(
                f"the SVG has a {side} of {number[1][:20]}; at most {_MAX_LENGTH} is read"
            )


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0  # `1.2.3` is no number; librsvg takes it for none either


def _parse(parse: Callable[[bytes, bool], int], data: bytes) -> None:
    try:
        parse(data, True)
    except (expat.ExpatError, ValueError) as error:  # ValueError: encodings that expat cannot read
        raise BrokenImage(f"the SVG is damaged: {error}") from error


def refuse_dangerous_entity(
    _name: str,
    _is_parameter: bool,
    value: str | None,
    _base: str | None,
    _system: str | None,
    _public: str | None,
    _notation: str | None,
) -> None:
    """For expat's EntityDeclHandler; raises BrokenImage or ImageTooLarge."""
    if value is None:
        raise BrokenImage("the SVG refers to an external entity; such a picture is not drawn")
    if "&" in value or "%" in value:
        raise ImageTooLarge("the SVG has entities inside entities; none are expanded")
