"""Rows in memory: whole vectors, and nothing beyond the picture."""

import numpy as np
import pytest

from imgproxy_py.engine.metric.planes import LANES, padded, planes
from imgproxy_py.engine.metric.scales import Scales
from tests.engine.metric.drawing import noisy


@pytest.mark.parametrize(("width", "columns"), [(1, 16), (16, 16), (17, 32), (500, 512)])
def test_a_row_ends_on_a_whole_vector(width: int, columns: int) -> None:
    assert padded(width) == columns


@pytest.mark.parametrize("shape", [(1, 7, 5), (3, 40, 31), (2, 2, 9, 100)])
def test_memory_begins_at_a_cache_line_and_is_zero(shape: tuple[int, ...]) -> None:
    memory = planes(*shape)

    assert memory.shape == (*shape[:-1], padded(shape[-1]))
    assert memory.ctypes.data % 64 == 0
    assert memory.flags.c_contiguous
    assert not memory.any()


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("width", [113, 128, 529])
def test_beyond_the_width_every_channel_is_zero_and_before_it_none_is(
    width: int, bands: int
) -> None:
    """The blur takes what lies beyond a picture for zero; a shifted channel is nowhere zero."""
    pixels = noisy(np.full((120, width, bands), 128, np.uint8), 100)
    scales = Scales.empty((120, width), is_gray=bands < 3)

    scales.fill(pixels, 0.9 if bands in (2, 4) else -1.0)

    for own, channels in zip(scales.widths, scales.channels, strict=True):
        assert channels.shape[2] % LANES == 0
        assert not channels[:, :, own:].any()
        assert channels[:, :, :own].all()
