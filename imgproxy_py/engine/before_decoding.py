"""An answer for whoever will not even see a long animation decoded: its own bytes, stripped.

Where these cannot answer (another size, another format) there is none, and the deadline ends in the
source itself.
"""

from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.kept_metadata import keep_exif
from imgproxy_py.engine.lossless import is_lossless_request
from imgproxy_py.engine.own_bytes import own_bytes
from imgproxy_py.engine.plan import Plan
from imgproxy_py.engine.presets import target_score
from imgproxy_py.engine.result import Optimized
from imgproxy_py.engine.source import SourceBytes
from options_grammar.options import Format

# A megapixel of a GIF of 88 took 12 to 28 ms, and up to 65 while others had the processors too.
_SECONDS_PER_MEGAPIXEL = 0.06


def before_decoding(
    job: Job, source: SourceBytes, facts: SourceFacts, plan: Plan
) -> Optimized | None:
    """None where decoding ends in time, and for a source that still arrives: it is decoded
    meanwhile, and has to be there whole before it can be stripped."""
    if not (source.is_complete and _may_outlast(facts, job.seconds_left)):
        return None
    own = own_bytes(source, job, facts, plan, is_source_size=not plan.moves_pixels)
    if own is None:
        return None
    is_exact = is_lossless_request(job.options)
    entry = Entry(
        data=own, format=facts.format, stop="lossless" if is_exact else "source", is_own=True
    )
    dressed, losses = keep_exif(source, facts, job.options.keep).on(entry)
    return Optimized(
        data=dressed.data,
        format=dressed.format,
        width=facts.upright_width,
        height=facts.upright_height,
        frames=facts.frames,
        target=target_score(job.options.quality, job.options.dpr),
        stop=dressed.stop,
        is_provisional=True,
        negotiated=job.options.format is Format.AUTO,
        warnings=losses,
        source=facts,
    )


def _may_outlast(facts: SourceFacts, seconds_left: float | None) -> bool:
    if not facts.is_animated or seconds_left is None:
        return False
    megapixels = facts.width * facts.height * facts.frames / 1e6
    return megapixels * _SECONDS_PER_MEGAPIXEL >= seconds_left
