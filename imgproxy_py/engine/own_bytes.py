"""The source's own bytes as a candidate: stripped, and squeezed without touching a pixel.

In a same-size request nothing may be larger than the source, so it competes with every encoder.
"""

import mozjpeg_lossless_optimization as mozjpeg

from imgproxy_py.engine.choose_format import FIXED_FORMATS, VIDEOS
from imgproxy_py.engine.encode.png import squeeze
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job, Tier
from imgproxy_py.engine.jpeg_quality import is_our_table
from imgproxy_py.engine.plan import Plan
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.strip import strip
from options_grammar.options import Format

# What browsers show. A source in AVIF or WebP stays an answer even where `Accept` names neither:
# whoever links it shows it already, and every other format may be larger.
WEB_FORMATS = frozenset(
    (
        ImageFormat.JPEG,
        ImageFormat.PNG,
        ImageFormat.GIF,
        ImageFormat.WEBP,
        ImageFormat.AVIF,
        ImageFormat.SVG,
    )
)
# Below this, squeezing again is not worth other bytes: a result fed back stays what it is.
_WORTHWHILE_SQUEEZE = 0.99


def own_bytes(
    source: SourceBytes, job: Job, facts: SourceFacts, plan: Plan, *, is_source_size: bool
) -> bytes | None:
    """None when the source as it stands cannot answer the request."""
    if not is_source_size or plan.flattens or facts.format not in WEB_FORMATS:
        return None
    if not _may_answer(job.options.format, facts):
        return None
    return strip(source.view(), facts)


def _may_answer(asked: Format, facts: SourceFacts) -> bool:
    if asked is Format.AUTO or FIXED_FORMATS[asked] is facts.format:
        return True
    return FIXED_FORMATS[asked] in VIDEOS and not facts.is_animated


def squeezed(
    own: bytes, facts: SourceFacts, *, keeps_invisible: bool = True, tier: Tier = Tier.LIVE
) -> bytes:
    """The same pixels in fewer bytes where the format has such a tool: JPEG and PNG.

    Without `keeps_invisible`, what is wholly transparent may change its color.
    """
    smaller = own
    if facts.format is ImageFormat.JPEG:
        smaller = _squeezed_jpeg(own)
    elif facts.format is ImageFormat.PNG and not facts.is_animated:
        pixels = facts.width * facts.height
        smaller = squeeze(
            own,
            pixels=pixels,
            keeps_depth=facts.bits > 8,
            keeps_invisible=keeps_invisible,
            tier=tier,
        )
    return smaller if len(smaller) <= _WORTHWHILE_SQUEEZE * len(own) else own


def _squeezed_jpeg(own: bytes) -> bytes:
    """Huffman tables and scans chosen anew, coefficients as they are (59 ms CPU/MP).

    Not of a result of ours: fed back, it stays what it is.
    """
    if is_our_table(own):
        return own
    try:
        return bytes(mozjpeg.optimize(own, copy=mozjpeg.COPY_MARKERS.ALL))
    except ValueError:
        return own
