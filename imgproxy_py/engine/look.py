"""What `meta` tells of a source beyond its header: how good it is, and what it looks like.

The look is that of a small version of the first frame. A source whose pixels cannot be decoded
still has a header: its meta is given, without a look.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

from imgproxy_py.engine.dominant_color import dominant_color
from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.memory import needed_memory_bytes
from imgproxy_py.engine.pipeline import render
from imgproxy_py.engine.pixels import Pixels, array_of
from imgproxy_py.engine.plan import Plan, make_plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.result import Meta
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.source_quality import source_quality
from imgproxy_py.engine.source_score import source_score
from options_grammar.options import Options

# The most that a ThumbHash is made from (its reference encoder refuses more).
LOOK_SIDE_PIXELS = 100
# Beyond these a decoder without shrink-on-load takes more than a second; meta is asked for in a
# hurry, and its other facts are there at once. A JPEG is shrunk while it is decoded.
MAX_LOOK_PIXELS = 40_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`dominant_color` as `#rrggbb`, `thumbhash` in base64; None where there is nothing to see."""

    dominant_color: str | None = None
    thumbhash: str | None = None


def read_meta(source: SourceBytes, facts: SourceFacts, admit: Callable[[int], None]) -> Meta:
    """Everything that `meta` tells. `admit` is asked before a pixel is decoded, as for results."""
    total_bytes = source.total_bytes()
    view = source.view()
    look = _look(source, facts, admit)
    return Meta(
        facts=facts,
        bytes=total_bytes,
        quality=source_quality(view, facts),
        estimated_score=source_score(view, facts),
        dominant_color=look.dominant_color,
        thumbhash=look.thumbhash,
    )


def _look(source: SourceBytes, facts: SourceFacts, admit: Callable[[int], None]) -> Look:
    """Nothing where the picture is damaged, too dear to decode, or an SVG.

    An SVG is a program: drawing it may end the child, and with it all that meta has to say.
    """
    still = replace(facts, frames=1, delays_ms=())
    if facts.format is ImageFormat.SVG or not _is_cheap(still):
        return Look()
    plan = _plan(still)
    admit(needed_memory_bytes(still, plan))
    try:
        pixels = _rgba(render(source, still, plan))
    except (EngineError, MemoryError):
        return Look()
    return Look(dominant_color=dominant_color(pixels), thumbhash=_thumbhash(pixels))


def _is_cheap(facts: SourceFacts) -> bool:
    return facts.format is ImageFormat.JPEG or facts.width * facts.height <= MAX_LOOK_PIXELS


def _plan(facts: SourceFacts) -> Plan:
    return make_plan(facts, Options(width=LOOK_SIDE_PIXELS, height=LOOK_SIDE_PIXELS))


def _rgba(rendered: Rendered) -> Pixels:
    """Rows of RGBA, whatever bands the picture has."""
    image = rendered.image
    image = image if image.hasalpha() else image.bandjoin(255)
    colors = image if image.bands == 4 else image[0].bandjoin([image[0], image[0], image[1]])
    return array_of(colors.cast("uchar"))


def _thumbhash(pixels: Pixels) -> str | None:
    """About 25 bytes (evanw.github.io/thumbhash) as base64; None where all is transparent."""
    import thash  # it brings Pillow along, for `meta` only

    if not pixels[..., 3].any():
        return None
    height, width = pixels.shape[:2]
    return base64.b64encode(bytes(thash.rgba_to_thumb_hash(width, height, pixels))).decode()
