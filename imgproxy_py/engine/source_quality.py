"""The quality number that an encoder was given, read from what it left in its header."""

from collections.abc import Callable
from mmap import mmap

from imgproxy_py.engine.av1_quality import av1_quality
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.jpeg_quality import jpeg_quality
from imgproxy_py.engine.vp8_quality import vp8_quality

_ESTIMATORS: dict[ImageFormat, Callable[[bytes | mmap], float | None]] = {
    ImageFormat.JPEG: jpeg_quality,
    ImageFormat.WEBP: vp8_quality,
    ImageFormat.AVIF: av1_quality,
}


def source_quality(data: bytes | mmap, facts: SourceFacts) -> float | None:
    """1..100 as the format's usual encoder counts: libjpeg, libwebp, libheif.

    None for lossless sources, for formats without such a number and where the header is unusual.
    """
    estimate = _ESTIMATORS.get(facts.format)
    return None if estimate is None or facts.is_lossless else estimate(data)
