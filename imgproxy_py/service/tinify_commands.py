"""What tinify clients ask of a picture, and which of our options that is. Decides, does nothing.

TinyPNG never enlarges: a size beyond the source's changes nothing, and a box that the source does
not fill becomes the largest of the same ratio that it fills.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.geometry import Size
from options_grammar import Color, Fit, Format, Gravity, Keep, Options, Preset
from options_grammar.options import WHITE


class Method(StrEnum):
    """Ways of resizing: by one side, inside a box, filling it, or filling it with what matters."""

    SCALE = "scale"
    FIT = "fit"
    COVER = "cover"
    THUMB = "thumb"

    @property
    def needs_both_sides(self) -> bool:
        return self is not Method.SCALE


# What a source may be: it keeps its format, so there has to be an encoder.
SOURCE_FORMATS: dict[ImageFormat, Format] = {
    ImageFormat.JPEG: Format.JPEG,
    ImageFormat.PNG: Format.PNG,
    ImageFormat.WEBP: Format.WEBP,
    ImageFormat.AVIF: Format.AVIF,
    ImageFormat.GIF: Format.GIF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """`scale` has exactly one side, every other method both; in pixels, at least 1."""

    method: Method
    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        sides = [side for side in (self.width, self.height) if side is not None]
        if len(sides) != (2 if self.method.needs_both_sides else 1) or min(sides) < 1:
            raise ValueError(f"{self.method} cannot have {self.width}x{self.height}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """`formats`: none keeps the source's, AUTO is whatever is smallest, several are a choice.

    `warnings` say what of the request was passed over.
    """

    resize: Resize | None = None
    keep: frozenset[Keep] = frozenset()
    formats: tuple[Format, ...] = ()
    background: Color | None = None
    warnings: tuple[str, ...] = ()


def options_for(commands: Commands, source: Size, image_format: Format) -> Options:
    """Options for one of the formats that come into question."""
    options = Options(format=image_format, keep=commands.keep)
    if commands.background is not None:
        options = replace(options, background=commands.background)
    return options if commands.resize is None else _resized(options, commands.resize, source)


def on_background(commands: Commands, source: Size, image_format: Format) -> Options:
    """The whole picture on the background that was asked for, without a loss.

    Only a canvas flattens every format; this one has the picture's own size.
    """
    return Options(
        width=source.width,
        height=source.height,
        fit=Fit.PAD,
        background=WHITE if commands.background is None else commands.background,
        quality=Preset.LOSSLESS,
        format=image_format,
        keep=commands.keep,
    )


def _resized(options: Options, resize: Resize, source: Size) -> Options:
    width, height = resize.width, resize.height
    if width is None or height is None:
        return _scaled(options, width, height, source)
    if resize.method is Method.FIT:
        if width >= source.width and height >= source.height:
            return options
        box = Size(width=min(width, source.width), height=min(height, source.height))
        return replace(options, width=box.width, height=box.height)
    box = _filled_box(Size(width=width, height=height), source)
    if box == source:
        return options
    # TinyPNG chooses by itself what is cut away, by `cover` as by `thumb`.
    return replace(options, width=box.width, height=box.height, fit=Fit.CROP, gravity=Gravity.AUTO)


def _scaled(options: Options, width: int | None, height: int | None, source: Size) -> Options:
    if (width or 0) >= source.width or (height or 0) >= source.height:
        return options
    return replace(options, width=width, height=height)


def _filled_box(box: Size, source: Size) -> Size:
    """`box`, or the largest of its ratio that the source fills."""
    scale = min(1.0, source.width / box.width, source.height / box.height)
    return Size(
        width=min(source.width, max(1, round(box.width * scale))),
        height=min(source.height, max(1, round(box.height * scale))),
    )
