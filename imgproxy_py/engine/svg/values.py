"""Values: colors and numbers of properties, in attributes and in styles, in fewer letters."""

import re

from imgproxy_py.engine.svg import css
from imgproxy_py.engine.svg.names import PRESENTATION, words
from imgproxy_py.engine.svg.numbers import NUMBER, significant
from imgproxy_py.engine.svg.references import every
from imgproxy_py.engine.svg.tree import Element

_COLORED = frozenset(
    ("fill", "stroke", "color", "stop-color", "flood-color", "lighting-color", "background-color")
)
_NUMERIC = frozenset(
    name
    for name in PRESENTATION
    if name.endswith(("-width", "-opacity", "opacity", "-miterlimit", "-dashoffset", "-dasharray"))
) | {"font-size", "letter-spacing", "word-spacing"}
_LONG_HEX = re.compile(r"#([0-9a-f])\1([0-9a-f])\2([0-9a-f])\3", re.IGNORECASE)
_HEX = re.compile(r"#[0-9a-f]+", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)
# Attributes in every version of SVG, with the same grammar as in a style.
_PLAIN = words(
    "fill fill-opacity fill-rule clip-rule stroke stroke-width stroke-opacity stroke-linecap"
    " stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset opacity stop-color"
    " stop-opacity display visibility font-family font-size font-style font-weight text-anchor"
)
# `style="` costs eight characters, and each attribute two more than a declaration.
_SHORT_STYLE = 3
# The only names that are asked for often and are longer than their number, or shorter.
_SHORTER = {"white": "#fff", "black": "#000", "#f00": "red"}
_NUMBER_WITH_UNIT = re.compile(rf"(?<![\w.#-])({NUMBER})(?=[a-z%]*(?:[\s,]|$))")


def shorten_values(root: Element) -> None:
    """In place; in style sheets nothing is touched."""
    for element in every(root):
        for name, value in element.attributes.items():
            if name == "style":
                declared = css.clean_style(value)
                short = [(each, short_value(each, text)) for each, text in declared]
                element.attributes[name] = css.style_text(short)
            else:
                element.attributes[name] = short_value(name, value)


def styles_as_attributes(root: Element) -> None:
    """In place, where that is shorter; a picture with a style sheet is not given to this."""
    for element in every(root):
        declared = css.clean_style(element.attributes.get("style", ""))
        names = {name for name, _ in declared}
        is_plain = names <= _PLAIN and not any("!" in value for _, value in declared)
        if is_plain and 0 < len(declared) <= _SHORT_STYLE and len(names) == len(declared):
            del element.attributes["style"]
            element.attributes.update(declared)


def short_value(name: str, value: str) -> str:
    """The same value in fewer letters, or as it was."""
    if name in _COLORED:
        return short_color(value)
    if name in _NUMERIC:
        return _NUMBER_WITH_UNIT.sub(lambda match: significant(float(match[1])), value)
    return value


def short_color(text: str) -> str:
    """`#ffffff` is `#fff`, and so is `rgb(255, 255, 255)`; other colors stay."""
    color = text.strip()
    if (match := _RGB.fullmatch(color)) and all(int(each) <= 255 for each in match.groups()):
        color = "#" + "".join(f"{int(each):02x}" for each in match.groups())
    if _HEX.fullmatch(color):
        color = color.lower()
    if match := _LONG_HEX.fullmatch(color):
        color = f"#{match[1]}{match[2]}{match[3]}"
    return _SHORTER.get(color.lower(), color)
