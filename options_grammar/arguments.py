"""Readers of values: text in, a bounded value out.

Digits are ASCII only and few: `int("٣")` is 3 and `float("1e999")` is infinity, and neither is
something that a URL should mean.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from options_grammar.errors import quoted
from options_grammar.options import (
    FOCAL_POINT_PLACES,
    MAX_SIDE_CSS_PIXELS,
    Color,
    FocalPoint,
)

_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}")
_COLOR = re.compile(r"[0-9a-f]{3}|[0-9a-f]{6}")


class Fault(StrEnum):
    """Which part of an item is wrong."""

    ITEM = "item"
    KEY = "key"
    VALUE = "value"


class ArgumentError(ValueError):
    """An item cannot be read; the parser adds the place and makes an OptionsError of it.

    `suggested` are items or words that may have been meant.
    """

    def __init__(
        self,
        message: str,
        *,
        suggested: Sequence[str] = (),
        fault: Fault = Fault.VALUE,
        code: str = "option_value_invalid",
    ) -> None:
        meant = " or ".join(quoted(word) for word in suggested)
        super().__init__(f"{message}; did you mean {meant}?" if meant else message)
        self.fault = fault
        self.code = code


def whole(text: str, *, name: str, highest: int) -> int:
    """A whole number from 1 to `highest`."""
    if _WHOLE.fullmatch(text) is None or not 1 <= int(text) <= highest:
        raise ArgumentError(f"{name} is a whole number from 1 to {highest}, not {quoted(text)}")
    return int(text)


def decimal(text: str, *, name: str, lowest: float, highest: float, places: int) -> float:
    """A number from `lowest` to `highest`, rounded to `places` decimals."""
    if _DECIMAL.fullmatch(text) is not None:
        number = round(float(text), places)
        if lowest <= number <= highest and float(text) <= highest:
            return number
    raise ArgumentError(f"{name} is a number from {lowest:g} to {highest:g}, not {quoted(text)}")


def side(text: str, *, name: str) -> int:
    """A width or height in CSS pixels."""
    if _COLOR.fullmatch(text) and len(text) == 6:
        # "336699" is a color that nobody can tell from a number.
        raise ArgumentError(
            f"{name} is at most {MAX_SIDE_CSS_PIXELS}, and {quoted(text)} is more",
            suggested=[f"bgcolor={text}"],
        )
    return whole(text, name=name, highest=MAX_SIDE_CSS_PIXELS)


def focal_point(text: str) -> FocalPoint:
    """Two fractions with an `x` between them: `0.5x0.2`."""
    x, _, y = text.partition("x")
    return FocalPoint(x=_fraction(x), y=_fraction(y))


def _fraction(text: str) -> float:
    return decimal(
        text, name="a focal point's part", lowest=0, highest=1, places=FOCAL_POINT_PLACES
    )


def color(text: str) -> Color:
    """Three or six hexadecimal digits: `F80`, `FF8800`."""
    if _COLOR.fullmatch(text) is None:
        raise ArgumentError(f"a color is 3 or 6 hexadecimal digits, not {quoted(text)}")
    digits = text if len(text) == 6 else "".join(digit * 2 for digit in text)
    red, green, blue = bytes.fromhex(digits)
    return Color(red=red, green=green, blue=blue)
