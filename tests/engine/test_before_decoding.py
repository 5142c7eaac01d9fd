"""What is answered where time ends before an animation is even decoded."""

import pytest

from imgproxy_py.engine.job import Job
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Optimized
from options_grammar.options import Format, Options
from tests.engine.drawing import arriving_source, rendered
from tests.engine.encoding import source_of
from tests.engine.moving import SIDE, bytes_of, drawn


def test_one_that_will_not_be_decoded_in_time_is_its_own_answer_before_that() -> None:
    events: list[Optimized | str] = []
    source = bytes_of(drawn([0, 20, 40], [50, 60, 70]))
    job = Job(options=Options(), seconds_left=0.0001)

    optimize(job, source_of(source), keep=events.append, on_drawn=lambda: events.append("decoded"))

    before = events[: events.index("decoded")]
    assert len(before) == 1
    assert isinstance(own := before[0], Optimized)
    assert (own.stop, own.is_provisional, own.negotiated) == ("source", True, True)
    assert (own.width, own.height, own.frames) == (SIDE, SIDE, 3)
    assert len(own.data) <= len(source)
    assert (rendered(own.data).image - rendered(source).image).abs().max() == 0


@pytest.mark.parametrize(
    ("options", "seconds_left"),
    [
        pytest.param({"width": 30}, 0.0001, id="its bytes are of another size"),
        pytest.param({"format": Format.WEBP}, 0.0001, id="its bytes are of another format"),
        pytest.param({}, 5.0, id="there is time"),
        pytest.param({}, None, id="there is no deadline"),
    ],
)
def test_its_own_bytes_are_no_answer_before_it_is_decoded_where(
    options: dict[str, object], seconds_left: float | None
) -> None:
    events: list[Optimized | str] = []
    job = Job(options=Options(**options), seconds_left=seconds_left)  # type: ignore[arg-type]
    source = bytes_of(drawn([0, 20, 40], [50, 60, 70]))

    optimize(job, source_of(source), keep=events.append, on_drawn=lambda: events.append("decoded"))

    assert events[0] == "decoded"


def test_a_source_that_still_arrives_is_decoded_meanwhile() -> None:
    events: list[Optimized | str] = []
    job = Job(options=Options(), seconds_left=0.0001)

    data = bytes_of(drawn([0, 20, 40], [50, 60, 70]), ".webp", lossless=True)
    with arriving_source(data) as (source, _):
        optimize(job, source, keep=events.append, on_drawn=lambda: events.append("decoded"))

    assert events[0] == "decoded"
