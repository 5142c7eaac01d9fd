"""The plan: everything that will be done to the pixels, decided before the first is decoded.

Pure arithmetic on facts and options; no picture is seen here. After a trim the same options are
planned again for what is left.
"""

from dataclasses import dataclass, replace

from imgproxy_py.engine.errors import ImpossibleResult
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.geometry import Box, Geometry, Size, geometry
from options_grammar.options import Color, Fit, Format, Options, Preset

# As many pixels as the largest source: an enlargement (1x1 to 10000x10000 at 4x) has no other end.
MAX_RESULT_PIXELS = 100_000_000

_WITHOUT_ALPHA = frozenset({Format.JPEG, Format.H264, Format.WEBM})
_DEEP = frozenset({Format.AUTO, Format.PNG})
_TURNED = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps read this and nothing else.

    `source` is the stored size that `geometry` was planned for; `geometry` is upright, so that
    orientations 5..8 exchange width and height between the two.
    """

    options: Options
    source: Size
    orientation: int
    geometry: Geometry
    trims: bool = False
    converts_color: bool = False
    flattens: bool = False
    keeps_depth: bool = False

    @property
    def resized(self) -> Size:
        """The size to resize to, as stored: pictures are turned after they have become small."""
        upright = self.geometry.resized
        return upright.turned() if self.orientation in _TURNED else upright

    @property
    def crop(self) -> Box | None:
        return self.geometry.crop

    @property
    def attention(self) -> Size | None:
        return self.geometry.attention

    @property
    def canvas(self) -> Box | None:
        return self.geometry.canvas

    @property
    def background(self) -> Color:
        return self.options.background

    @property
    def result(self) -> Size:
        return self.geometry.result

    @property
    def moves_pixels(self) -> bool:
        """False when the result has the source's size and every pixel its place."""
        cuts = self.trims or self.crop or self.attention or self.canvas
        return bool(cuts) or self.resized != self.source

    @property
    def scale(self) -> float:
        """Result pixels per source pixel, in the direction that has more of them."""
        return max(self.resized.width / self.source.width, self.resized.height / self.source.height)

    @property
    def shrink(self) -> float:
        """How many source pixels may become one while decoding; 1 with a trim, which sees all.

        Sizes are rounded to whole pixels: 4000x3000 to 250x188 is still a sixteenth.
        """
        if self.trims:
            return 1.0
        return min(
            self.source.width / (self.resized.width - 0.5),
            self.source.height / (self.resized.height - 0.5),
        )

    def for_trimmed(self, stored: Size) -> "Plan":
        """The same options, planned for what a trim has left."""
        return replace(
            self, source=stored, geometry=_geometry(stored, self.orientation, self.options)
        )

    def for_crop(self, box: Box) -> "Plan":
        """The same plan with the attentive crop settled, as every frame must be cut alike."""
        return replace(self, geometry=replace(self.geometry, attention=None, crop=box))


def make_plan(facts: SourceFacts, options: Options) -> Plan:
    """Plan `options` for a source; raises ImpossibleResult when the result would be too large."""
    stored = Size(width=facts.width, height=facts.height)
    plan = Plan(
        options=options,
        source=stored,
        orientation=facts.orientation,
        geometry=_geometry(stored, facts.orientation, options),
        # One box for all frames would have to be found before the first is written.
        trims=options.trims_border and not facts.is_animated,
        converts_color=_has_other_colors(facts),
        flattens=facts.has_alpha and _loses_alpha(options),
    )
    is_lossless = options.quality is Preset.LOSSLESS and options.format in _DEEP
    return replace(plan, keeps_depth=is_lossless and not plan.moves_pixels)


def _geometry(stored: Size, orientation: int, options: Options) -> Geometry:
    upright = stored.turned() if orientation in _TURNED else stored
    planned = geometry(upright, options)
    for size in (planned.resized, planned.result):
        if size.width * size.height > MAX_RESULT_PIXELS:
            raise ImpossibleResult(
                f"the result would be {size.width}x{size.height}, {size.width * size.height} "
                f"pixels; at most {MAX_RESULT_PIXELS} are made"
            )
    return planned


def _has_other_colors(facts: SourceFacts) -> bool:
    """True when colors are neither sRGB nor taken for it (a picture without a profile)."""
    return facts.is_cmyk or (facts.has_icc and not facts.has_srgb_profile)


def _loses_alpha(options: Options) -> bool:
    """A picture on a padded canvas stands on its background; some formats have no alpha."""
    pads = options.fit is Fit.PAD and not options.is_full
    return pads or options.format in _WITHOUT_ALPHA
