"""How each row's value is read and written back: the functions that the table names.

A writer gives None where the options say nothing but the default.
"""

import re
from collections.abc import Callable

from options_grammar import arguments
from options_grammar.arguments import ArgumentError
from options_grammar.errors import quoted
from options_grammar.options import (
    DEFAULT_TIMEOUT_SECONDS,
    DPR_PLACES,
    FOCAL_POINT_PLACES,
    MAX_DPR,
    MAX_QUALITY,
    MAX_TIMEOUT_SECONDS,
    MIN_DPR,
    MIN_TIMEOUT_SECONDS,
    TIMEOUT_PLACES,
    WHITE,
    Fit,
    FocalPoint,
    Format,
    Gravity,
    Options,
    Preset,
)
from options_grammar.rows import Settings


def size(text: str) -> Settings:
    """`300`, `300x400` or `x400`; an item always sets both, so that the last one wins whole."""
    width, _, height = text.partition("x")
    return (
        ("width", arguments.side(width, name="a width") if width else None),
        ("height", arguments.side(height, name="a height") if height else None),
    )


def write_size(options: Options) -> str | None:
    if options.is_full:
        return None
    width = "" if options.width is None else str(options.width)
    return width if options.height is None else f"{width}x{options.height}"


def dpr(text: str) -> Settings:
    """`2x`, `1.5x`."""
    ratio = arguments.decimal(
        text.removesuffix("x"),
        name="a device pixel ratio",
        lowest=MIN_DPR,
        highest=MAX_DPR,
        places=DPR_PLACES,
    )
    return (("dpr", ratio),)


def write_dpr(options: Options) -> str | None:
    return None if options.dpr == 1 else f"{_decimal(options.dpr, DPR_PLACES)}x"


def crop(text: str) -> Settings:
    """The focal point of `crop=0.5x0.2`; the sides are words."""
    if "x" not in text:
        raise ArgumentError(
            f"crop keeps auto, top, left, right, bottom or a focal point, not {quoted(text)}"
        )
    return (("fit", Fit.CROP), ("gravity", arguments.focal_point(text)))


def percentages(match: re.Match[str]) -> str | None:
    """`crop=50x20` in fractions.

    None where the numbers are fractions already, or one of each kind, or no percentages either.
    """
    x, y = float(match[1]), float(match[2])
    has_fraction = 0 < x < 1 or 0 < y < 1
    is_percent = "%" in match[0] or (max(x, y) > 1 and not has_fraction)
    if not is_percent or max(x, y) > 100:
        return None
    places = FOCAL_POINT_PLACES
    return f"crop={_decimal(x / 100, places)}x{_decimal(y / 100, places)}"


def bare_point(match: re.Match[str]) -> str:
    """`0.3x0.2` alone: sizes are whole numbers, so a fraction can only be a point."""
    return f"crop={match[0]}"


def write_fit(fit: Fit) -> Callable[[Options], str | None]:
    """The writer of one mode, with its gravity."""

    def write(options: Options) -> str | None:
        if options.fit is not fit:
            return None
        if options.gravity is Gravity.CENTER:
            return str(fit)
        return f"{fit}={_gravity(options.gravity)}"

    return write


def _gravity(gravity: Gravity | FocalPoint) -> str:
    if isinstance(gravity, Gravity):
        return str(gravity)
    places = FOCAL_POINT_PLACES
    return f"{_decimal(gravity.x, places)}x{_decimal(gravity.y, places)}"


def background(text: str) -> Settings:
    return (("background", arguments.color(text)),)


def write_background(options: Options) -> str | None:
    color = options.background
    if color == WHITE:
        return None
    digits = f"{color.red:02X}{color.green:02X}{color.blue:02X}"
    is_short = all(part % 0x11 == 0 for part in (color.red, color.green, color.blue))
    return f"bgcolor={digits[::2] if is_short else digits}"


def quality(text: str) -> Settings:
    """The target score of `quality=80`; the presets are words."""
    name = "quality is low, medium, high, lossless, or the target score, which"
    return (("quality", arguments.whole(text, name=name, highest=MAX_QUALITY)),)


def write_quality(options: Options) -> str | None:
    return None if options.quality == Preset.MEDIUM else f"quality={options.quality}"


def write_format(options: Options) -> str | None:
    return None if options.format is Format.AUTO else f"format={options.format}"


def timeout(text: str) -> Settings:
    seconds = arguments.decimal(
        text,
        name="timeout",
        lowest=MIN_TIMEOUT_SECONDS,
        highest=MAX_TIMEOUT_SECONDS,
        places=TIMEOUT_PLACES,
    )
    return (("timeout_seconds", seconds),)


def write_timeout(options: Options) -> str | None:
    if options.timeout_seconds == DEFAULT_TIMEOUT_SECONDS:
        return None
    return f"timeout={_decimal(options.timeout_seconds, TIMEOUT_PLACES)}"


def _decimal(number: float, places: int) -> str:
    """`number` with no more digits than it needs."""
    return f"{number:.{places}f}".rstrip("0").rstrip(".")
