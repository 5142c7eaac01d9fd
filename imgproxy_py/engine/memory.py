"""How much memory a job needs at its highest point: decoding and rendering, then encoding."""

from imgproxy_py.engine.estimate import estimate_memory
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.plan import Plan

# Working memory of the dearest encoder that may be tried, per pixel of one frame.
_ENCODER_BYTES_PER_PIXEL = 30


def needed_memory_bytes(facts: SourceFacts, plan: Plan) -> int:
    """Rather too many than few; the source's own bytes are mapped and not counted."""
    frame_pixels = plan.result.width * plan.result.height
    return estimate_memory(facts, plan) + frame_pixels * _ENCODER_BYTES_PER_PIXEL
