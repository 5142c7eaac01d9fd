"""Sanitize: of an SVG's tree only what the allowlists name is kept. Nothing here is about size.

The request this guards against: `<a href="&#106;avascript:…">`, `<animate attributeName="href">`,
`<use href="https://…">`, `onload`, `<style>@import …`: what runs or loads once the picture is
opened by itself. The `Content-Security-Policy` of the answer stands behind it.
"""

import re

from imgproxy_py.engine.svg import css, names
from imgproxy_py.engine.svg.tree import Element

_EMBEDDED = re.compile(
    r"data:image/(?:png|jpe?g|gif|webp|avif);base64,[A-Za-z0-9+/=]+", re.IGNORECASE
)
_BLANK = re.compile(r"[ \t\r\n]+")
_FREE_TEXT = frozenset({"class", "id", "role", "lang", "xml:lang", "font-family"})
_ARIA = re.compile(r"aria-[a-z]+")


def sanitize(element: Element) -> None:
    """Remove what is not allowed, in place; raises NotCleanableError for unclear styles."""
    element.attributes = _attributes(element)
    holds_text = element.name in names.TEXT_CONTENT
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            if holds_text:
                children.append(child)
        elif element.name not in names.DESCRIPTIVE and _is_allowed(child):
            sanitize(child)
            children.append(child)
    element.children = children
    if element.name == "style":
        sheet = css.clean_sheet(element.text)
        element.children = [sheet] if sheet else []


def _is_allowed(element: Element) -> bool:
    if element.name == "style":
        return element.attributes.get("type", "text/css").strip().lower() in ("text/css", "")
    if element.name in names.ANIMATIONS - {"animateMotion"}:
        return element.attributes.get("attributeName", "").strip() in names.ANIMATED
    return element.name in names.ELEMENTS


def _attributes(element: Element) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in element.attributes.items():
        clean = _attribute(element.name, name, value)
        if clean is not None:
            kept[name] = clean
    return kept


def _attribute(element_name: str, name: str, value: str) -> str | None:
    """The clean value, None when the attribute has to go."""
    if name in names.LINKS:
        return _link(element_name, value)
    if name == "style":
        return css.style_text(css.clean_style(value)) or None
    if name in _FREE_TEXT or _ARIA.fullmatch(name):
        return value
    if name not in names.ATTRIBUTES:
        return None
    if name == "values":  # of an animation: one for each of its steps
        parts = [css.clean_value(part) for part in value.split(";")]
        return None if None in parts else ";".join(part or "" for part in parts)
    return css.clean_value(value)


def _link(element_name: str, value: str) -> str | None:
    """`#id`, or for pictures a raster one inside the link."""
    link = value.strip(" \t\r\n")
    if link.startswith("#"):
        return link
    if element_name in ("image", "feImage") and link.lower().startswith("data:"):
        embedded = _BLANK.sub("", link)
        return embedded if _EMBEDDED.fullmatch(embedded) else None
    return None
