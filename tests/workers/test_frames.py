"""Results on their way from a child: whole, whatever their size."""

import pytest

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.result import Optimized
from imgproxy_py.workers.frames import HEADER, SMALL_BYTES, Frame, Kind, encode, parted, rejoined


@pytest.mark.parametrize(
    ("size", "raw_bytes"),
    [
        pytest.param(0, 0, id="nothing"),
        pytest.param(SMALL_BYTES, 0, id="small: in the MessagePack part"),
        pytest.param(SMALL_BYTES + 1, SMALL_BYTES + 1, id="large: in the raw part"),
    ],
)
def test_a_result_arrives_as_it_left(size: int, raw_bytes: int) -> None:
    result = Optimized(
        data=bytes(range(256)) * (size // 256) + b"x" * (size % 256),
        format=ImageFormat.JPEG,
        width=3,
        height=4,
        source=SourceFacts(format=ImageFormat.PNG, width=6, height=8),
    )

    body, raw = parted(result)
    packed = encode(Kind.DONE, body, len(raw))[HEADER.size :]

    assert len(raw) == raw_bytes
    assert rejoined(Frame(Kind.DONE, memoryview(packed), memoryview(raw))) == result
