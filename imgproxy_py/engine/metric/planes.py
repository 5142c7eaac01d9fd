"""Memory for rows of float32 that the processor takes in whole vectors.

Rows end on a multiple of 16 columns, so no loop has a remainder to do number by number; what lies
beyond a picture's width is zero, as the blur wants it. Memory begins at a cache line.
"""

import math

import numpy as np

from imgproxy_py.engine.metric.compiled import Floats

LANES = 16
_LINE_BYTES = 64


def padded(width: int) -> int:
    """The columns of a row in memory."""
    return -(-width // LANES) * LANES


def planes(*shape: int) -> Floats:
    """Zeros of this shape, its last side being a width: padded."""
    sides = (*shape[:-1], padded(shape[-1]))
    count = math.prod(sides)
    memory = np.zeros(count + _LINE_BYTES // 4, np.float32)
    first = -memory.ctypes.data % _LINE_BYTES // 4
    return memory[first : first + count].reshape(sides)
