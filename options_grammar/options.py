"""What a request asks for, as frozen values: the result of parsing an options text.

Valid from the moment it exists: numbers are inside their bounds, and a mode that needs
both dimensions has them. Names follow docs/glossary.md.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from options_grammar.errors import OptionsError

MAX_SIDE_CSS_PIXELS = 10_000
# Numbers with decimals are kept to this many places, so that one meaning has one text.
DPR_PLACES = 2
FOCAL_POINT_PLACES = 4
TIMEOUT_PLACES = 3
MIN_DPR = 0.01
MAX_DPR = 4.0
MIN_TIMEOUT_SECONDS = 0.001
MAX_TIMEOUT_SECONDS = 3600.0
DEFAULT_TIMEOUT_SECONDS = 30.0
MAX_QUALITY = 100


class Fit(StrEnum):
    """How the picture meets the box that was asked for."""

    SCALE_DOWN = "scale-down"
    FIT = "fit"
    CROP = "crop"
    PAD = "pad"
    STRETCH = "stretch"

    @property
    def needs_both_dimensions(self) -> bool:
        """True where the result is exactly the box, so that half a box says nothing."""
        return self in _EXACT_FITS


_EXACT_FITS = frozenset({Fit.CROP, Fit.PAD, Fit.STRETCH})


class Gravity(StrEnum):
    """Which part of the picture a crop keeps."""

    CENTER = "center"
    AUTO = "auto"
    TOP = "top"
    LEFT = "left"
    RIGHT = "right"
    BOTTOM = "bottom"


class Preset(StrEnum):
    """Named quality targets; the engine knows what each asks of the score."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    LOSSLESS = "lossless"


class Format(StrEnum):
    """Result formats that a request can name."""

    AUTO = "auto"
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"
    WEBM = "webm"
    H264 = "h264"


class Keep(StrEnum):
    """What of the source's EXIF a result carries, in the order of the canonical text."""

    EXIF = "exif"
    COPYRIGHT = "copyright"
    CREATION = "creation"
    LOCATION = "location"


def _invalid(message: str) -> OptionsError:
    return OptionsError(message, code="options_invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class FocalPoint:
    """The point that stays inside a crop, as fractions 0..1 of the uncropped picture."""

    x: float
    y: float

    def __post_init__(self) -> None:
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise _invalid("a focal point lies between 0x0 and 1x1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Color:
    """An opaque sRGB color, 0..255 each."""

    red: int
    green: int
    blue: int

    def __post_init__(self) -> None:
        if not (0 <= self.red <= 255 and 0 <= self.green <= 255 and 0 <= self.blue <= 255):
            raise _invalid("a color's parts are 0 to 255 each")


WHITE = Color(red=255, green=255, blue=255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One request's options. `width` and `height` are CSS pixels; None twice means `full`.

    `keep` with EXIF in it means all of EXIF, whatever stands beside it.

    Raises OptionsError (a ValueError) when built with what no request could ask for.
    """

    width: int | None = None
    height: int | None = None
    dpr: float = 1.0
    fit: Fit = Fit.SCALE_DOWN
    gravity: Gravity | FocalPoint = Gravity.CENTER
    trims_border: bool = False
    background: Color = WHITE
    quality: Preset | int = Preset.MEDIUM
    format: Format = Format.AUTO
    keep: frozenset[Keep] = frozenset()
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    wants_meta: bool = False

    def __post_init__(self) -> None:
        score = None if isinstance(self.quality, Preset) else self.quality
        for name, number, lowest, highest in (
            ("width", self.width, 1, MAX_SIDE_CSS_PIXELS),
            ("height", self.height, 1, MAX_SIDE_CSS_PIXELS),
            ("dpr", self.dpr, MIN_DPR, MAX_DPR),
            ("quality", score, 1, MAX_QUALITY),
            ("timeout_seconds", self.timeout_seconds, MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS),
        ):
            if number is not None and not lowest <= number <= highest:
                raise _invalid(f"{name} is {lowest:g} to {highest:g}, not {number:g}")
        has_one_dimension = (self.width is None) != (self.height is None)
        if has_one_dimension and self.fit.needs_both_dimensions:
            raise OptionsError(needs_both(self.fit), code="options_size_incomplete")

    @property
    def is_full(self) -> bool:
        """True when no size was asked for, so that nothing is resized."""
        return self.width is None and self.height is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Options as they were understood, and one sentence for each thing that was put right.

    Warnings are printable ASCII, one line each. `given` names the fields of `Options` that the text
    itself said something about, and `full`.
    """

    options: Options
    warnings: tuple[str, ...] = ()
    given: frozenset[str] = field(default=frozenset(), compare=False)


def needs_both(fit: Fit) -> str:
    """The message for a mode that was given only one dimension."""
    return f'"{fit}" needs both a width and a height, as in "100x100,{fit}"'
