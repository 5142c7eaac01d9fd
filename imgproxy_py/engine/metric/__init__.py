"""How much a candidate looks like its reference: SSIMULACRA2, compiled by numba.

    reference = Reference.of(pixels)
    reference.score(candidate_pixels)    # 100 identical, 90 visually lossless, 70 high, 50 medium

The metric is by Jon Sneyers (Cloudinary, 2022-2023); what is left out of it here, and why nothing
is lost by that, is told in `norms`. The path of a score: `picture` (what comes in), `scales` with
`light` and `opsin` (what the eye sees of it), `blur` and `errors` (what differs), `norms` (one
number).

Importing this loads numba and the compiled functions, or compiles them (`compiled`).
"""

from imgproxy_py.engine.metric.reference import Reference
from imgproxy_py.engine.metric.tiles import TiledReference
from imgproxy_py.engine.metric.warm import warm

METRIC = "ssimulacra2"

__all__ = ["METRIC", "Reference", "TiledReference", "warm"]
