"""Numbers as SVG writes them: read from lists, rounded, and written in few digits."""

import re
from decimal import Decimal

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBERS = re.compile(NUMBER)
_LENGTH = re.compile(rf"\s*({NUMBER})(px|%|[a-zA-Z]{{0,4}})\s*")
_SEPARATORS = " ,\t\r\n\f"
_TWO_COMMAS = re.compile(r",\s*,")
# Seven digits tell places in a picture apart to a ten-millionth of its side.
SIGNIFICANT_DIGITS = 7
# Beyond this a float has no decimals left to round.
_MAX_ROUNDED = 1e9


def read_numbers(text: str) -> list[float] | None:
    """A list separated by blanks or commas; None when anything else is in it."""
    if _NUMBERS.sub("", text).strip(_SEPARATORS) or _TWO_COMMAS.search(text):
        return None
    values = [float(each) for each in _NUMBERS.findall(text)]
    return values if all(abs(value) < _MAX_ROUNDED for value in values) else None


def separates(last: str, text: str) -> bool:
    """Whether `text` behind `last` is read as another number without a blank between them.

    In path data only (SVG 1.1, section 8.3.9): lists of points and transforms need the blank.
    """
    return text[0] == "-" or (text[0] == "." and "." in last)


def on_grid(value: float, decimals: int) -> int:
    """`value` in steps of the last decimal that is kept."""
    return round(value * 10.0**decimals)


def grid_text(steps: int, decimals: int) -> str:
    """The shortest way to write so many steps: `-.5`, `3`, `0`."""
    sign = "-" if steps < 0 else ""
    digits = str(abs(steps))
    if decimals:
        digits = digits.rjust(decimals + 1, "0")
        fraction = digits[-decimals:].rstrip("0")
        whole = digits[:-decimals].lstrip("0")
        digits = f"{whole}.{fraction}" if fraction else whole or "0"
    return sign + digits


def significant(value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
    """`value` rounded to so many digits."""
    return _compact(f"{value:.{digits}g}")


def compact_length(text: str) -> str | None:
    """A number with its unit, `px` left out, where it needs no rounding; None for another text."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    return _compact(match[1]) + ("" if match[2] == "px" else match[2])


def rounded_length(text: str, decimals: int | None) -> str | None:
    """Like `compact_length`, rounded: plain numbers to `decimals`, others to significant digits.

    What is not nothing does not become nothing: a radius of 0 is not drawn at all.
    """
    match = _LENGTH.fullmatch(text)
    if match is None or abs(float(match[1])) >= _MAX_ROUNDED:
        return None
    value, unit = float(match[1]), match[2]
    steps = 0
    if unit in ("", "px") and decimals is not None:
        steps = on_grid(value, decimals)
        if steps or value == 0:
            return grid_text(steps, decimals)
    return significant(value) + ("" if unit == "px" else unit)


def _compact(text: str) -> str:
    number = Decimal(text)
    if number == 0:
        return "0"
    if abs(number.adjusted()) > 20:
        return text
    plain = format(number.normalize(), "f")
    return plain.replace("0.", ".", 1) if plain.lstrip("-").startswith("0.") else plain
