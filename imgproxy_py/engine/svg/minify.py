"""Minify: everything that nobody sees is taken out of a sanitized SVG, in this order.

Only what cannot change the picture; `clean` draws both all the same.
"""

from imgproxy_py.engine.svg.coordinates import round_coordinates
from imgproxy_py.engine.svg.defaults import remove_defaults
from imgproxy_py.engine.svg.references import facts_of, remove_unused
from imgproxy_py.engine.svg.tree import Element
from imgproxy_py.engine.svg.values import shorten_values, styles_as_attributes


def minify(root: Element, *, rounds: bool) -> None:
    """One pass, in place; what it removes may let another pass remove more.

    With `rounds` coordinates keep as many digits as can be seen, else all of them.
    """
    _remove_blanks(root, in_text=False)
    shorten_values(root)  # first: defaults are told in their short form
    remove_defaults(root, facts_of(root))
    facts = facts_of(root)
    if not (facts.has_sheet or facts.is_animated):
        styles_as_attributes(root)
    remove_unused(root, facts_of(root))  # after defaults: `clip-path="none"` keeps no group
    if rounds:
        round_coordinates(root, facts_of(root))


def _remove_blanks(element: Element, *, in_text: bool) -> None:
    """Characters between elements, in a link too unless it stands in a text."""
    keeps = element.name in ("text", "style", "title", "desc") or in_text
    if not keeps:
        element.children = list(element.elements)
    if element.name in ("title", "desc"):
        element.children = [element.text.strip()]
    for child in element.elements:
        _remove_blanks(child, in_text=keeps)
