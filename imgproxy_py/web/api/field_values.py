"""What single fields of an order say: each text as a part of the options, or as yes or no.

What they say is appended to the text of `options`, where the last word counts. The grammar reads
the whole, so both surfaces mean the same by the same words.
"""

import re
from collections.abc import Callable, Mapping

from imgproxy_py.web.errors import FieldInvalid
from options_grammar import Fit, Format

MAX_SIDE_PIXELS = 8000

YES = frozenset({"true", "1", "yes", "on"})
NO = frozenset({"false", "0", "no", "off"})

# The API's words for how much may be lost, and ours.
COMPRESSIONS: Mapping[str, str] = {
    "lossless": "lossless",
    "low": "high",
    "balanced": "medium",
    "max": "low",
}
FORMATS: Mapping[str, str] = {"jpg": "jpeg", **{each.value: each.value for each in Format}}
FITS: Mapping[str, str] = {each.value: each.value for each in Fit}

_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def options_text(given: Mapping[str, str]) -> str:
    """`options` with what single fields say after it."""
    text = given.get("options", "")
    items = [text] if text else []
    if "width" in given or "height" in given:
        items.append(_size(given))
    for name, written in _WRITTEN.items():
        if name in given and (item := written(given[name], text)):
            items.append(item)
    return ",".join(items) or "full"


def _size(given: Mapping[str, str]) -> str:
    width, height = (_side(given, name) for name in ("width", "height"))
    return width if not height else f"{width}x{height}"


def _side(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if text and not (_WHOLE.fullmatch(text) and 1 <= int(text) <= MAX_SIDE_PIXELS):
        raise FieldInvalid(
            f'"{name}" is a whole number of pixels, 1 to {MAX_SIDE_PIXELS}, not {quoted(text)}'
        )
    return text


def _chosen(name: str, choices: Mapping[str, str], text: str) -> str:
    found = choices.get(text.lower())
    if found is None:
        raise FieldInvalid(f'"{name}" is one of {", ".join(choices)}, not {quoted(text)}')
    return found


def _fit(text: str, options: str) -> str:
    """`fit=crop` leaves what `options` says of the place to crop."""
    fit = _chosen("fit", FITS, text)
    has_place = fit == Fit.CROP and re.search(r"(^|,)\s*crop=", options, re.IGNORECASE)
    return "" if has_place else fit


def _format(text: str, _: str) -> str:
    return f"format={_chosen('format', FORMATS, text)}"


def _compression(text: str, _: str) -> str:
    return f"quality={_chosen('compression', COMPRESSIONS, text)}"


def _keep_exif(text: str, _: str) -> str:
    return "keep=exif" if yes("keep_exif", text) else "keep=none"


_WRITTEN: Mapping[str, Callable[[str, str], str]] = {
    "fit": _fit,
    "format": _format,
    "compression": _compression,
    "keep_exif": _keep_exif,
}
OPTION_FIELDS = frozenset({"options", "width", "height", *_WRITTEN})


def is_on(given: Mapping[str, str], name: str) -> bool:
    return name in given and yes(name, given[name])


def yes(name: str, text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise FieldInvalid(f'"{name}" is true or false, not {quoted(text)}')


def clean(name: str, text: str) -> str:
    if _CONTROLS.search(text.strip()):
        raise FieldInvalid(f'"{name}" holds characters that no text has, such as {_place(text)}')
    return text.strip()


def _place(text: str) -> str:
    found = _CONTROLS.search(text.strip())
    return "" if found is None else f"U+{ord(found[0]):04X}"


def quoted(text: str) -> str:
    """Printable ASCII, and short."""
    shown = text if len(text) <= 50 else f"{text[:50]}…"
    return '"' + shown.encode("unicode_escape").decode("ascii") + '"'
