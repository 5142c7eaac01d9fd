"""Every option, one row each, in the order of the canonical text.

Parser, canonical text and docs/options.md read this table. To add an option, add a row here and a
field on `Options`. The readers and writers of the rows stand in `readings.py`.
"""

import re

from options_grammar import keeping, readings
from options_grammar.options import Fit, Format, Gravity, Keep, Preset
from options_grammar.rows import Near, Row, Settings, near

_NUMBER = r"[0-9]*\.?[0-9]+"
_FRACTION = r"0?\.[0-9]+|1\.0+"

_SIZE = Row(
    name="size",
    spellings=("W", "WxH", "xH"),
    help=(
        "Maximum width, width and height, or height in CSS pixels, 1 to 10000; the aspect ratio is "
        "kept."
    ),
    default="none (`full`)",
    example="300x400",
    pattern=re.compile(r"[0-9.]+(?:x[0-9.]+)?|x[0-9.]+"),
    read=readings.size,
    write=readings.write_size,
    near=(
        near(r"0+x([0-9]+)", r"x\1", example="0x400"),
        near(r"([0-9]+)x0+", r"\1", example="300x0"),
        near(r"([0-9]+(?:x[0-9]+)?)px", r"\1", example="300px"),
        # No screen is so dense: a size whose height was left out.
        near(r"([1-9][0-9]+)x", r"\1", example="600x"),
    ),
)

_DPR = Row(
    name="dpr",
    spellings=("1x", "2x", "3x", "N.Nx"),
    help=(
        "Device pixel ratio, above 0 and up to 4, kept to two decimals: multiplies the dimensions, "
        "and quality is tuned for denser screens."
    ),
    default="1x",
    example="2x",
    pattern=re.compile(r"[0-9.]+x"),
    read=readings.dpr,
    write=readings.write_dpr,
    near=(
        near(rf"({_NUMBER})x?", r"\1x", key="multiply", example="multiply=2x"),
        near(rf"({_NUMBER})x?", r"\1x", key="dpr", example="dpr=2"),
    ),
)

_FULL = Row(
    name="full",
    spellings=("full",),
    help="No resizing; also what no size means. In `full,2x` the `2x` only tunes quality.",
    default="yes",
    example="full",
    words={"full": (("full", True),)},
    write=lambda options: None,
    strangers=frozenset({"fill", "fluid"}),
)


def _fit(fit: Fit, gravity: Gravity = Gravity.CENTER) -> Settings:
    return (("fit", fit), ("gravity", gravity))


_SCALE_DOWN = Row(
    name="scale-down",
    spellings=("scale-down",),
    help="Fit inside the size, never enlarge.",
    default="yes",
    example="300x400,scale-down",
    words={"scale-down": _fit(Fit.SCALE_DOWN)},
    write=lambda options: None,
    near=(
        near("scale[_]?down", "scale-down", example="scaleDown"),
        # CSS object-fit and sharp; both would enlarge, and we do so only when told.
        near("contain", "scale-down", example="contain"),
        near("inside", "scale-down", example="inside"),
    ),
)

_FIT = Row(
    name="fit",
    spellings=("fit",),
    help="Fit inside the size, enlarging small images.",
    default="no",
    example="300x400,fit",
    words={"fit": _fit(Fit.FIT)},
    write=readings.write_fit(Fit.FIT),
)

_CROP = Row(
    name="crop",
    spellings=(
        "crop",
        "crop=auto",
        "crop=top",
        "crop=left",
        "crop=right",
        "crop=bottom",
        "crop=FxF",
    ),
    help=(
        "Fill the size and cut to exactly W×H (times dpr): around the center, keeping the most "
        "important area, keeping one side, or keeping a focal point, given as fractions 0 to 1 of "
        "the uncropped image and kept to four decimals. Needs both dimensions."
    ),
    default="no",
    example="100x100,crop=0.5x0.2",
    words={
        "crop": _fit(Fit.CROP),
        **{
            f"crop={gravity}": _fit(Fit.CROP, gravity)
            for gravity in Gravity
            if gravity is not Gravity.CENTER
        },
    },
    key="crop",
    read=readings.crop,
    write=readings.write_fit(Fit.CROP),
    near=(
        near(
            rf"({_NUMBER})%?x({_NUMBER})%?",
            readings.percentages,
            key="crop",
            example="crop=50x20",
        ),
        near("center|centre|middle", "crop", key="crop", example="crop=center"),
        near("cover", "crop", example="cover"),
        # A point wherever a fraction shows, for sizes are whole numbers.
        near(
            rf"({_FRACTION})x({_FRACTION}|[01])|([01])x({_FRACTION})",
            readings.bare_point,
            example="0.3x0.2",
        ),
    ),
)

_PAD = Row(
    name="pad",
    spellings=("pad",),
    help=(
        "Fit inside without enlarging, then pad the canvas to exactly W×H with `bgcolor`. Needs "
        "both dimensions."
    ),
    default="no",
    example="300x400,pad,bgcolor=F80",
    words={"pad": _fit(Fit.PAD)},
    write=readings.write_fit(Fit.PAD),
)

_STRETCH = Row(
    name="stretch",
    spellings=("stretch",),
    help="Exactly W×H, the aspect ratio ignored. Needs both dimensions.",
    default="no",
    example="4096x2048,stretch",
    words={"stretch": _fit(Fit.STRETCH)},
    write=readings.write_fit(Fit.STRETCH),
)

_TRIM = Row(
    name="trim",
    spellings=("trim=border",),
    help="Remove a border of exactly one color, before resizing and cropping.",
    default="off",
    example="trim=border",
    words={"trim=border": (("trims_border", True),)},
    key="trim",
    write=lambda options: "trim=border" if options.trims_border else None,
    near=(near("trim", "trim=border", example="trim"),),
)

_BGCOLOR = Row(
    name="bgcolor",
    spellings=("bgcolor=RGB", "bgcolor=RRGGBB"),
    help="Background for padding and for flattening alpha, in hexadecimal digits.",
    default="FFF",
    example="bgcolor=FF8800",
    key="bgcolor",
    read=readings.background,
    write=readings.write_background,
    near=(
        near(r"((?=[0-9]*[a-f])(?:[0-9a-f]{3}|[0-9a-f]{6}))", r"bgcolor=\1", example="FFccFF"),
        near("(?:#|%23)([0-9a-f]+)", r"bgcolor=\1", key="bgcolor", example="bgcolor=#FC0"),
        near("(?:#|%23)?([0-9a-f]+)", r"bgcolor=\1", key="background", example="background=FC0"),
    ),
)

_QUALITY = Row(
    name="quality",
    spellings=("quality=low", "quality=medium", "quality=high", "quality=lossless", "quality=N"),
    help=(
        "A perceptual preset, or N, 1 to 100: the target score itself (SSIMULACRA2). The smallest "
        "result that reaches it is searched for. `lossless` changes no pixel and holds only "
        "without resizing; cutting off a border with `trim` leaves the other pixels as they are "
        "and may stand beside it. JPEG sources are never re-encoded above their own quality in a "
        "same-size request."
    ),
    default="medium",
    example="quality=low",
    words={f"quality={preset}": (("quality", preset),) for preset in Preset},
    key="quality",
    read=readings.quality,
    write=readings.write_quality,
    near=(
        near(r"(low|medium|high|lossless)", r"quality=\1", example="lossless"),
        near(r"(.+)", r"quality=\1", key="q", example="q=80"),
    ),
)

_FORMAT = Row(
    name="format",
    spellings=tuple(f"format={name}" for name in Format),
    help=(
        "A fixed format of the result; `webm` and `h264` are for animated sources, `auto` follows "
        "`Accept`, and `jpg` is an alias of `jpeg`."
    ),
    default="auto",
    example="format=webp",
    words={
        **{f"format={name}": (("format", name),) for name in Format},
        "format=jpg": (("format", Format.JPEG),),
    },
    key="format",
    write=readings.write_format,
    near=(
        near("mp4", "format=h264", key="format", example="format=mp4"),
        near(r"(jpe?g|png|webp|avif|gif|webm|h264)", r"format=\1", example="webp"),
    ),
    strangers=frozenset(
        {"apng", "bmp", "heic", "heif", "j2k", "jp2", "jpe", "jxl", "pdf", "svg", "tif", "tiff"}
    ),
)

_KEEP = Row(
    name="keep",
    spellings=(*(f"keep={part}" for part in Keep), "keep=A+B", "keep=none"),
    help=(
        "What of the source's EXIF the result carries: `exif` is all of it, location included, but "
        "for the thumbnail; `copyright` is the copyright notice and the artist; `creation` is when "
        "the picture was taken; `location` is where. Several are joined by `+`. The orientation is "
        "applied all the same. XMP and IPTC are never kept. Where a result cannot hold EXIF (GIF, "
        "SVG, videos) or the EXIF is damaged, a warning says so. No pixel depends on it."
    ),
    default="none",
    example="keep=copyright+location",
    words={
        "keep=none": (("keep", frozenset()),),
        **{f"keep={part}": (("keep", frozenset({part})),) for part in Keep},
    },
    key="keep",
    read=keeping.read,
    write=keeping.write,
    near=(
        near(r".+", keeping.meant, key="keep", example="keep=gps"),
        near(r".+", keeping.meant, key="preserve", example="preserve=copyright+creation"),
        near(r".+", keeping.meant, key="metadata", example="metadata=copyright"),
        near(r".+", keeping.switched, key="keep_exif", example="keep_exif=true"),
        near(r".+", keeping.switched, key="keepexif", example="keepExif=false"),
        near("(?:keep|with)[_-]?(?:exif|metadata)", "keep=exif", example="keep_exif"),
    ),
)

_TIMEOUT = Row(
    name="timeout",
    spellings=("timeout=S",),
    help=(
        "Seconds for the whole request, up to 3600, kept to milliseconds. At the end of it the "
        "best result so far is returned, else a redirect to the source."
    ),
    default="30",
    example="timeout=2.5",
    key="timeout",
    read=readings.timeout,
    write=readings.write_timeout,
    near=(near(rf"({_NUMBER})s", r"timeout=\1", key="timeout", example="timeout=30s"),),
)

_META = Row(
    name="meta",
    spellings=("meta",),
    help='JSON `{"width": ..., "height": ..., ...}` of the source instead of an image.',
    default="no",
    example="meta",
    words={"meta": (("wants_meta", True),)},
    write=lambda options: "meta" if options.wants_meta else None,
)

TABLE: tuple[Row, ...] = (
    _FULL,
    _SIZE,
    _DPR,
    _SCALE_DOWN,
    _FIT,
    _CROP,
    _PAD,
    _STRETCH,
    _TRIM,
    _BGCOLOR,
    _QUALITY,
    _FORMAT,
    _KEEP,
    _TIMEOUT,
    _META,
)

# The same rows by what the parser holds in its hand.
WORDS: dict[str, Settings] = {
    word: settings for row in TABLE for word, settings in row.words.items()
}
BY_KEY: dict[str, Row] = {row.key: row for row in TABLE if row.key is not None}
BY_PATTERN: tuple[Row, ...] = tuple(row for row in TABLE if row.pattern is not None)
# Spellings of others by their key; those without one under None.
NEAR: dict[str | None, tuple[Near, ...]] = {
    key: tuple(entry for row in TABLE for entry in row.near if entry.key == key)
    for key in {entry.key for row in TABLE for entry in row.near}
}
BARE_WORDS: tuple[str, ...] = tuple(word for word in WORDS if "=" not in word)
STRANGERS: frozenset[str] = frozenset(word for row in TABLE for word in row.strangers)
