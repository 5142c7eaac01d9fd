"""How good a lossy source still is, by the numbers that its encoder left in its header.

Above that score more bytes would only preserve the source's artifacts.
"""

from mmap import mmap

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.jpeg_quality import is_our_table
from imgproxy_py.engine.presets import usual_score
from imgproxy_py.engine.source_quality import source_quality


def source_score(data: bytes | mmap, facts: SourceFacts) -> float | None:
    """A score as in `presets`, None for lossless sources and where the header is unusual."""
    quality = source_quality(data, facts)
    return None if quality is None else usual_score(facts.format, quality)


# Pictures of one quality score up to this much apart from the usual (benchmarks/quality). A source
# that a search like ours chose the quality of may be at its target already, far from the usual.
_SEARCHED_SPREAD = 8.0
# Nobody searched for the usual JPEG's quality.
_USUAL_SPREAD = 1.0


def score_spread(data: bytes | mmap, facts: SourceFacts) -> float:
    """How far above its target a source of this estimated score may stand and count as reaching it.

    Encoding it again would cost a generation for little: AVIF and WebP are somebody's result
    already, and so is a JPEG with our own table. (Encoding the picture once more at its own
    quality tells no more of the first loss than the usual score does: its error has a standard
    deviation of 3.5 points, and so has that.)
    """
    is_result = facts.format is not ImageFormat.JPEG or is_our_table(data)
    return _SEARCHED_SPREAD if is_result else _USUAL_SPREAD
