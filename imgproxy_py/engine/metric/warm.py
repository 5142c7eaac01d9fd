"""Compiled, loaded and called once: the first score of a process then costs what all others do."""

import numpy as np

from imgproxy_py.engine.metric.norms import SMALLEST_SIDE
from imgproxy_py.engine.metric.reference import Reference


def warm() -> None:
    """Run every compiled function on a small picture. Idempotent; about a millisecond."""
    pixels = np.zeros((SMALLEST_SIDE, SMALLEST_SIDE, 3), np.uint8)
    Reference.of(pixels).score(pixels)
