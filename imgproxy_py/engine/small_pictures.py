"""Small JPEGs without libvips: read by Pillow, resized by compiled Lanczos, all in this thread.

libvips' threads, locks and operation objects cost the same for every picture. For 320x240 to 160
pixels they are most of the work: 2.7 ms of CPU against 1.1 here. The pixels are the same but for
rounding.
"""

import numpy as np
import pyvips

from imgproxy_py.engine.decode import jpeg_shrink
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.lanczos import downsized
from imgproxy_py.engine.metric.compiled import Bytes
from imgproxy_py.engine.pillow_jpeg import read_jpeg
from imgproxy_py.engine.plan import Plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.source import SourceBytes

# Beyond these libvips, which computes faster, has made up for its start.
MAX_SOURCE_PIXELS = 320_000
# A picture this small may still come with megabytes of metadata.
MAX_SOURCE_BYTES = 1 << 20


def render_small(source: SourceBytes, facts: SourceFacts, plan: Plan) -> Rendered | None:
    """The rendered reference, or None where this is libvips' work.

    That includes what Pillow objects to: libvips then says what is wrong with the picture, or
    reads it after all. The choice depends on nothing but the source's bytes and the plan, so that
    the same request always gives the same bytes.
    """
    if not _is_small(facts, plan) or (length := source.total_bytes()) > MAX_SOURCE_BYTES:
        return None
    shrink = jpeg_shrink(plan)
    expected = (facts.height // shrink, facts.width // shrink, facts.bands)
    decoded = read_jpeg(source.read_at(0, length), shrink=shrink)
    if decoded is None or decoded.shape != expected:
        return None
    size = plan.resized
    if decoded.shape[0] < size.height or decoded.shape[1] < size.width:
        return None  # to be enlarged
    pixels = downsized(decoded, width=size.width, height=size.height)
    if plan.crop is not None:
        box = plan.crop
        pixels = pixels[box.top : box.top + box.height, box.left : box.left + box.width]
    return _rendered(np.ascontiguousarray(pixels), is_source_size=not plan.moves_pixels)


def _is_small(facts: SourceFacts, plan: Plan) -> bool:
    """A JPEG in sRGB or gray, to be resized and cut at most."""
    needs_more = plan.trims or plan.attention or plan.canvas or plan.orientation != 1
    return (
        facts.format is ImageFormat.JPEG
        and facts.width * facts.height <= MAX_SOURCE_PIXELS
        and (facts.has_srgb_profile or not facts.has_icc)
        and not needs_more
    )


def _rendered(pixels: Bytes, *, is_source_size: bool) -> Rendered:
    height, width, bands = pixels.shape
    flat = pixels.reshape(-1).data
    return Rendered(
        # One band is taken for gray and three for sRGB, as they are.
        image=pyvips.Image.new_from_memory(flat, width, height, bands, "uchar"),
        page_height=height,
        pixels=flat,
        is_source_size=is_source_size,
    )
