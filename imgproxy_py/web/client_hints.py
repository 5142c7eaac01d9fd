"""Client hints: what a browser says of its screen, its layout and its data plan.

Off unless a setting opens them. What the URL itself says wins; a hint fills in what it leaves open,
in steps, so that a cache is not split by every pixel. The hints become options before any key is
made: canonical text, receipt and result tell what was done. `Sec-CH-DPR` and `Sec-CH-Width` are
those of the Responsive Image Client Hints draft, `Save-Data` that of the Save Data API.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from imgproxy_py.web.cache_headers import Headers
from options_grammar import Parsed, Preset

DPR, WIDTH, SAVE_DATA = "Sec-CH-DPR", "Sec-CH-Width", "Save-Data"

DPR_STEPS = (1.0, 1.5, 2.0, 3.0)
# Physical pixels, each about a quarter more than the one before: what is too wide costs at most
# half of its bytes, and seventeen results serve every screen.
WIDTH_STEPS = (
    *(120, 160, 200, 240, 320, 400, 480, 640, 800),
    *(960, 1280, 1600, 1920, 2560, 3200, 3840, 5120),
)
# One step down saves a third of the bytes; below low there is none.
_ONE_STEP_LOWER: Mapping[Preset | int, Preset] = {
    Preset.HIGH: Preset.MEDIUM,
    Preset.MEDIUM: Preset.LOW,
}

_DECIMAL = re.compile(r"\d{1,3}(?:\.\d{1,3})?", re.ASCII)  # RFC 9651, 3.3.2, without a sign
_INTEGER = re.compile(r"\d{1,6}", re.ASCII)

ACCEPT_CH = ("Accept-CH", ", ".join((DPR, WIDTH, SAVE_DATA)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinted:
    """`varies` names the hints that could have mattered for this URL, sent or not; `is_open` says
    that the server listens to hints at all."""

    varies: tuple[str, ...] = ()
    is_open: bool = False

    @property
    def headers(self) -> Headers:
        return (ACCEPT_CH,) if self.is_open else ()


UNHINTED = Hinted()


def hinted(parsed: Parsed, headers: Mapping[bytes, str]) -> tuple[Parsed, Hinted]:
    """What a request asks for with its hints in it. `headers` by name in lower case."""
    options, varies = parsed.options, hints_that_matter(parsed)
    changes: dict[str, Any] = {}
    if DPR in varies:
        changes["dpr"] = _step_from(DPR_STEPS, _number(_DECIMAL, headers, DPR)) or options.dpr
    if WIDTH in varies:
        width = _step_from(WIDTH_STEPS, _number(_INTEGER, headers, WIDTH))
        # The hint counts device pixels, a width in the options CSS pixels.
        if width is not None:
            changes["width"] = math.ceil(width / changes.get("dpr", options.dpr))
    if SAVE_DATA in varies and headers.get(SAVE_DATA.lower().encode(), "").strip().lower() == "on":
        changes["quality"] = _ONE_STEP_LOWER[options.quality]
    told = Hinted(varies=varies, is_open=True)
    return (
        (replace(parsed, options=replace(options, **changes)), told) if changes else (parsed, told)
    )


def hints_that_matter(parsed: Parsed) -> tuple[str, ...]:
    """The hints whose value could change the result of this URL.

    `full` in a URL is a size like another, and `quality=lossless` holds only without resizing.
    """
    options, given = parsed.options, parsed.given
    if options.wants_meta:
        return ()
    is_exact = options.quality is Preset.LOSSLESS
    takes_width = options.is_full and "full" not in given and not is_exact
    # A dense screen forgives more where a preset says how good is good.
    is_sized = takes_width or not options.is_full
    takes_dpr = "dpr" not in given and (is_sized or isinstance(options.quality, Preset))
    return tuple(
        name
        for name, matters in (
            (DPR, takes_dpr and not (is_exact and options.is_full)),
            (WIDTH, takes_width),
            (SAVE_DATA, "quality" not in given and options.quality in _ONE_STEP_LOWER),
        )
        if matters
    )


def _number(form: re.Pattern[str], headers: Mapping[bytes, str], name: str) -> float | None:
    """A hint's positive number; what is no such number counts as not sent."""
    text = headers.get(name.lower().encode(), "").strip()
    number = float(text) if form.fullmatch(text) else 0.0
    return number if number > 0 else None


def _step_from(steps: tuple[Any, ...], asked: float | None) -> Any:
    """The lowest step that is enough, else the highest; None where nothing was asked."""
    if asked is None:
        return None
    return next((step for step in steps if step >= asked), steps[-1])
