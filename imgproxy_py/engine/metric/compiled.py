"""Compile functions of numbers and arrays with numba, once per machine.

No `fastmath`: each operation is rounded as IEEE 754 says, and none is fused or reordered. So a
score is the same number on every machine, and a receipt can be checked elsewhere. The numpy error
model lets divisions be vectorized: it looks for no zero.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(*arguments: object) -> Callable[[Function], Function]:
    """An entry point for these numba types: loaded from numba's cache, or compiled and kept there.

    The cache lies in `NUMBA_CACHE_DIR`, else beside the file, else in the user's cache folder.
    Where none of them can be written numba refuses to define the function; then it is compiled
    anew in every process, for some seconds.
    """
    signature = numba.void(*arguments)

    def decorate(function: Function) -> Function:
        try:
            cached = numba.njit(signature, cache=True, nogil=True, error_model="numpy")
            return cast("Function", cached(function))
        except RuntimeError:
            in_memory = numba.njit(signature, nogil=True, error_model="numpy")
            return cast("Function", in_memory(function))

    return decorate


def inlined(function: Function) -> Function:
    """A part of entry points, compiled into each of them.

    numba's cache is keyed by the file of the entry point alone: after a change to such a part,
    touch the files of its callers or empty the cache.
    """
    return cast("Function", numba.njit(forceinline=True, error_model="numpy")(function))
