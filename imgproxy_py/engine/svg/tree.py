"""SVG as a tree: read without entities, processing instructions or foreign names, written small.

Names are local ones in SVG's namespace; what belongs to another namespace is called `{uri}name`,
so it equals no name that anybody lists. Read by expat, which expands what an internal document type
declares; the document type itself is not kept.
"""

from dataclasses import dataclass, field
from typing import Union
from xml.parsers import expat

from imgproxy_py.engine.svg.errors import NotCleanableError
from imgproxy_py.engine.svg_guard import MAX_SVG_BYTES, refuse_dangerous_entity

SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_PREFIXES = {_XLINK: "xlink", "http://www.w3.org/XML/1998/namespace": "xml"}
_TEXT_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), ("]]>", "]]&gt;"), ("\r", "&#13;"))
# Line ends and tabs would be read back as spaces (XML 1.0, section 3.3.3).
_VALUE_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), ("\t", "&#9;"), ("\n", "&#10;"), ("\r", "&#13;"))


@dataclass(slots=True, eq=False)
class Element:
    """One element; `children` are elements and the text between them."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Union["Element", str]] = field(default_factory=list)

    @property
    def elements(self) -> list["Element"]:
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def text(self) -> str:
        """Its own characters, without those of elements inside."""
        return "".join(child for child in self.children if isinstance(child, str))


class _Builder:
    """Handlers for expat; elements and levels were counted by svg_guard, characters are here."""

    def __init__(self) -> None:
        self.root = Element("")
        self.open = [self.root]
        self.characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.spend(sum(len(value) for value in attributes.values()))
        element = Element(
            _element_name(name), {_attribute_name(key): value for key, value in attributes.items()}
        )
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def data(self, text: str) -> None:
        self.spend(len(text))
        self.open[-1].children.append(text)

    def spend(self, characters: int) -> None:
        """An entity may be used often: what it grows to is counted."""
        self.characters += characters
        if self.characters > MAX_SVG_BYTES:
            raise NotCleanableError("the SVG's entities expand to more than is read")


def read_tree(data: bytes) -> Element:
    """The root element of what svg_guard let pass; raises NotCleanableError."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse_dangerous_entity
    parser.SkippedEntityHandler = _refuse_unknown_entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        raise NotCleanableError(f"the SVG cannot be read: {error}") from error
    root = builder.root.elements[0]
    if root.name != "svg":
        raise NotCleanableError("the root element is not an <svg> in SVG's namespace")
    return root


def write_tree(root: Element) -> bytes:
    """UTF-8, which needs no XML declaration (XML 1.0, section 4.3.3)."""
    parts: list[str] = []
    _write(root, parts)
    body = "".join(parts)
    xlink = f' xmlns:xlink="{_XLINK}"' if _uses_xlink(root) else ""
    return f'<svg xmlns="{SVG}"{xlink}{body.removeprefix("<svg")}'.encode()


def _write(element: Element, parts: list[str]) -> None:
    parts.append(f"<{element.name}")
    parts.extend(f" {name}={_quoted(value)}" for name, value in element.attributes.items())
    if not element.children:
        parts.append("/>")
        return
    parts.append(">")
    for child in element.children:
        if isinstance(child, Element):
            _write(child, parts)
        else:
            parts.append(_escaped(child, _TEXT_ESCAPES))
    parts.append(f"</{element.name}>")


def _quoted(value: str) -> str:
    text = _escaped(value, _VALUE_ESCAPES)
    if '"' not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else '"' + text.replace('"', "&quot;") + '"'


def _escaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for character, escape in escapes:
        text = text.replace(character, escape)
    return text


def _uses_xlink(element: Element) -> bool:
    return any(name.startswith("xlink:") for name in element.attributes) or any(
        _uses_xlink(child) for child in element.elements
    )


def _element_name(name: str) -> str:
    uri, _, local = name.rpartition(" ")
    return local if uri == SVG else f"{{{uri}}}{local}"


def _attribute_name(name: str) -> str:
    uri, _, local = name.rpartition(" ")
    if not uri:
        return local
    return f"{_PREFIXES[uri]}:{local}" if uri in _PREFIXES else f"{{{uri}}}{local}"


def _refuse_unknown_entity(_name: str, _is_parameter: bool) -> None:
    raise NotCleanableError("the SVG refers to an entity that it does not declare")
