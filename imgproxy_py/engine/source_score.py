"""How good a lossy source still is, by the numbers that its encoder left in its header.

Above that score more bytes would only preserve the source's artifacts.
"""

from mmap import mmap

from imgproxy_py.engine.av1_quality import av1_quality
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.jpeg_quality import jpeg_quality
from imgproxy_py.engine.presets import usual_score
from imgproxy_py.engine.vp8_quality import vp8_quality

_ESTIMATORS = {
    ImageFormat.JPEG: jpeg_quality,
    ImageFormat.WEBP: vp8_quality,
    ImageFormat.AVIF: av1_quality,
}


def source_score(data: bytes | mmap, facts: SourceFacts) -> float | None:
    """A score as in `presets`, None for lossless sources and where the header is unusual."""
    estimate = _ESTIMATORS.get(facts.format)
    if estimate is None or facts.is_lossless:
        return None
    quality = estimate(data)
    return None if quality is None else usual_score(facts.format, quality)
