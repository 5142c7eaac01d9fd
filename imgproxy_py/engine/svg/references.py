"""References: which ids are used, and what nothing refers to and nothing draws is removed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imgproxy_py.engine.svg.names import ANIMATIONS, LINKS, NEVER_DRAWN, PRESENTATION
from imgproxy_py.engine.svg.tree import Element

_URL = re.compile(r"url\(\s*[\"']?#([^\"')]+)")
_HASH = re.compile(r"#([^\s\"'(){}\[\],.:>+~#;]+)")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_EVENT = re.compile(r"([\w-]+)\.")
# Their ids are how other documents name them: `sprite.svg#icon`.
_NAMED_FROM_OUTSIDE = frozenset({"symbol", "view"})
_KEPT_IN_DEFS = frozenset({"style", "symbol", "view"}) | ANIMATIONS
_UNWRAPPED_IN = frozenset({"svg", "g", "symbol", "marker", "pattern", "mask"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What must be known of the whole picture before a part of it may go."""

    root: Element
    used: frozenset[str]
    has_sheet: bool
    is_animated: bool
    has_text: bool

    def is_used(self, element: Element) -> bool:
        """Whether it, or anything in it, is referred to."""
        return any(
            each.attributes.get("id") in self.used or each.name in _NAMED_FROM_OUTSIDE
            for each in every(element)
        )


def facts_of(root: Element) -> Facts:
    elements = list(every(root))
    names = {element.name for element in elements}
    sheets = " ".join(element.text for element in elements if element.name == "style")
    used = {identity for element in elements for identity in _referred(element)}
    used |= set(_HASH.findall(sheets))
    if ":target" in sheets:
        used |= {element.attributes.get("id", "") for element in elements}
    return Facts(
        root=root,
        used=frozenset(used | {_decoded(identity) for identity in used}),
        has_sheet=bool(sheets),
        is_animated=not names.isdisjoint(ANIMATIONS),
        has_text="text" in names,
    )


def every(element: Element) -> Iterator[Element]:
    """The element and all inside it."""
    yield element
    for child in element.elements:
        yield from every(child)


def remove_unused(root: Element, facts: Facts) -> None:
    """Ids without a reference, definitions without a use, groups without content; in place."""
    for element in every(root):
        identity = element.attributes.get("id")
        if identity not in facts.used and element.name not in _NAMED_FROM_OUTSIDE:
            element.attributes.pop("id", None)
    _prune(root, facts)


def _prune(element: Element, facts: Facts) -> None:
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            children.append(child)
            continue
        _prune(child, facts)
        if _is_waste(child, element, facts):
            continue
        children.extend(child.children if _is_bare_group(child, element, facts) else [child])
    element.children = children


def _is_waste(element: Element, parent: Element, facts: Facts) -> bool:
    if element.name in ("style", "title", "desc"):
        return not element.text.strip()
    if facts.is_used(element):
        return False
    if element.name in NEVER_DRAWN:
        return True
    if parent.name == "defs" and element.name not in _KEPT_IN_DEFS:
        return True
    if _is_hidden(element, facts):
        return True
    if element.name in ("use", "image") and LINKS.isdisjoint(element.attributes):
        return True
    # A filter draws even where its group holds nothing.
    is_empty = not element.children and "filter" not in _set_names(element)
    return is_empty and element.name in ("g", "defs", "text")


def _is_hidden(element: Element, facts: Facts) -> bool:
    if facts.has_sheet or facts.is_animated or element.name in ANIMATIONS:
        return False
    style = element.attributes.get("style")
    if style is not None and "display" in style:
        return "display:none" in style.split(";")
    return element.attributes.get("display") == "none"


def _is_bare_group(element: Element, parent: Element, facts: Facts) -> bool:
    """A group or link that says nothing; not in a `<clipPath>`, where no group is drawn."""
    is_bare = element.name in ("g", "a") and not element.attributes and not facts.has_sheet
    has_own = any(child.name in ANIMATIONS | {"title", "desc"} for child in element.elements)
    return is_bare and parent.name in _UNWRAPPED_IN and not has_own


def _set_names(element: Element) -> set[str]:
    styled = {part.partition(":")[0] for part in element.attributes.get("style", "").split(";")}
    return (set(element.attributes) & PRESENTATION) | styled


def _referred(element: Element) -> Iterator[str]:
    for name, value in element.attributes.items():
        if name in LINKS:
            yield value[1:]
        elif name in ("begin", "end"):
            yield from _EVENT.findall(value)
        elif name.startswith("aria-"):
            yield from value.split()
        elif "url(" in value:
            yield from _URL.findall(value)


def _decoded(identity: str) -> str:
    """A fragment may be percent-encoded (RFC 3986, section 2.1): `#a%20b` is the id `a b`."""
    return _PERCENT.sub(
        lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), identity
    )
