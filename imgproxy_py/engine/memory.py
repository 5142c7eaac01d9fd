"""How much memory a job needs at its highest point: decoding and rendering, then encoding."""

from imgproxy_py.engine.estimate import estimate_memory
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.plan import Plan

# Working memory of the dearest encoder that may be tried, per pixel of one frame.
_ENCODER_BYTES_PER_PIXEL = 30
# A prepared reference of the metric, for each of the two backgrounds that alpha is judged on; what
# a score needs beside it is less than the encoder needed before. Larger pictures are judged in
# bands (judge.py).
_REFERENCE_BYTES_PER_PIXEL = 20
_JUDGED_WHOLE_PIXELS = 24_000_000


def needed_memory_bytes(facts: SourceFacts, plan: Plan) -> int:
    """Rather too many than few; the source's own bytes are mapped and not counted."""
    frame_pixels = plan.result.width * plan.result.height
    judged_pixels = min(frame_pixels, _JUDGED_WHOLE_PIXELS) * (2 if facts.has_alpha else 1)
    return (
        estimate_memory(facts, plan)
        + frame_pixels * _ENCODER_BYTES_PER_PIXEL
        + judged_pixels * _REFERENCE_BYTES_PER_PIXEL
    )
