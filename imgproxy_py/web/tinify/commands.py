"""The commands of a tinify client, read from their JSON.

What cannot be meant is refused with FieldInvalid, and the message names what there is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from imgproxy_py.service.tinify_commands import Commands, Method, Resize
from imgproxy_py.web.errors import FieldInvalid
from options_grammar import Color, Format, Keep
from options_grammar.options import MAX_SIDE_CSS_PIXELS

T = TypeVar("T")

TYPES: Mapping[str, Format] = {
    "image/avif": Format.AVIF,
    "image/webp": Format.WEBP,
    "image/jpeg": Format.JPEG,
    "image/jpg": Format.JPEG,
    "image/png": Format.PNG,
    "image/gif": Format.GIF,
    "*/*": Format.AUTO,
}
PRESERVED: Mapping[str, Keep] = {
    "copyright": Keep.COPYRIGHT,
    "creation": Keep.CREATION,
    "location": Keep.LOCATION,
}
COLORS: Mapping[str, str] = {"white": "ffffff", "black": "000000"}
METHODS: Mapping[str, Method] = {each.value: each for each in Method}

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.ASCII)


def read_commands(given: Mapping[str, Any]) -> Commands | None:
    """None where nothing is asked for but what there is already."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name == "store":
            raise FieldInvalid(
                '"store" is not supported: this server keeps results itself; fetch the picture '
                "and put it where it belongs"
            )
        if name not in _READERS:
            raise FieldInvalid(f"there is no command {_quoted(name)}; {_known(_READERS)}")
        if value:
            read |= _READERS[name](value)
    return Commands(**read) if read else None


def _resize(value: object) -> dict[str, Any]:
    members = _members("resize", value, ("method", "width", "height"))
    method = _one_of("resize.method", members.get("method"), METHODS)
    width, height = (_side(name, members.get(name)) for name in ("width", "height"))
    if method.needs_both_sides and (width is None or height is None):
        raise FieldInvalid(f'"resize" with method "{method}" needs both a width and a height')
    if not method.needs_both_sides and (width is None) == (height is None):
        raise FieldInvalid(f'"resize" with method "{method}" needs a width or a height, not both')
    return {"resize": Resize(method=method, width=width, height=height)}


def _side(name: str, value: object) -> int | None:
    if value is None:
        return None
    # JSON knows one kind of number: 150.0 is what some languages write for 150.
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    is_flag = isinstance(whole, bool)
    if is_flag or not isinstance(whole, int) or not 1 <= whole <= MAX_SIDE_CSS_PIXELS:
        raise FieldInvalid(
            f'"resize.{name}" is a whole number of pixels, 1 to {MAX_SIDE_CSS_PIXELS}, not '
            f"{_quoted(value)}"
        )
    return whole


def _preserve(value: object) -> dict[str, Any]:
    names = _texts("preserve", value)
    return {"keep": frozenset(_one_of("preserve", name, PRESERVED) for name in names)}


def _convert(value: object) -> dict[str, Any]:
    """Of several types those that cannot be made are passed over, with a warning."""
    types = _texts("convert.type", _members("convert", value, ("type",)).get("type"))
    formats = [TYPES[name.lower()] for name in types if name.lower() in TYPES]
    if not formats:
        _one_of("convert.type", types[0], TYPES)
    strange = tuple(
        f"{name[:50]} cannot be made here" for name in types if name.lower() not in TYPES
    )
    if Format.AUTO in formats:
        formats = [Format.AUTO]
    return {"formats": tuple(dict.fromkeys(formats)), "warnings": strange}


def _transform(value: object) -> dict[str, Any]:
    members = _members("transform", value, ("background",))
    text = members.get("background")
    if text is None:
        return {}
    named = text.strip().lower() if isinstance(text, str) else ""
    found = _HEX.fullmatch(COLORS.get(named, named))
    if found is None:
        raise FieldInvalid(
            '"transform.background" is white, black or a color such as "#ff8800", not '
            f"{_quoted(text)}"
        )
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    red, green, blue = bytes.fromhex(digits)
    return {"background": Color(red=red, green=green, blue=blue)}


_READERS: Mapping[str, Callable[[object], dict[str, Any]]] = {
    "resize": _resize,
    "preserve": _preserve,
    "convert": _convert,
    "transform": _transform,
}


def _members(command: str, value: object, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FieldInvalid(f'"{command}" is an object, not {_quoted(value)}')
    for name in value:
        if name not in known:
            raise FieldInvalid(f'"{command}" has no {_quoted(name)}; {_known(known)}')
    return value


def _texts(name: str, value: object) -> list[str]:
    """One text or a list of them."""
    given = value if isinstance(value, list) else [value]
    texts = [each for each in given if isinstance(each, str)]
    if not texts or len(texts) < len(given):
        raise FieldInvalid(f'"{name}" is a text or a list of texts, not {_quoted(value)}')
    return texts


def _one_of(name: str, value: object, choices: Mapping[str, T]) -> T:
    found = choices.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise FieldInvalid(f'"{name}" is one of {", ".join(choices)}, not {_quoted(value)}')
    return found


def _known(names: Mapping[str, Any] | tuple[str, ...]) -> str:
    return f"there is {', '.join(names)}"


def _quoted(value: object) -> str:
    """Printable ASCII, and short."""
    text = "nothing" if value is None else repr(value) if not isinstance(value, str) else value
    shown = text if len(text) <= 50 else f"{text[:50]}..."
    told = shown.encode("ascii", "backslashreplace").decode("ascii")
    return told if value is None else f'"{told}"'
