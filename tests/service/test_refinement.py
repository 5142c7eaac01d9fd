"""When a result may take another's place: never for a worse picture, seldom for a larger file."""

from dataclasses import replace

import pytest

from imgproxy_py.service.refinement import is_improvement, is_refinable
from tests.service.refining import QUICK


@pytest.mark.parametrize(
    ("changes", "is_worth_it"),
    [
        pytest.param({"is_settled": True}, False, id="settled"),
        pytest.param({"is_settled": False}, True, id="made in haste"),
        pytest.param({"is_settled": True, "is_provisional": True}, True, id="cut short"),
    ],
)
def test_only_what_is_unfinished_is_made_again(changes: dict[str, bool], is_worth_it: bool) -> None:
    assert is_refinable(replace(QUICK, **changes)) is is_worth_it  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first_score", "made_score", "made_bytes", "is_provisional", "is_better"),
    [
        pytest.param(73, 72, 90, False, True, id="smaller, and the target is still met"),
        pytest.param(72, 79, 110, False, False, id="larger for points above the target"),
        pytest.param(72, 72, 100, False, False, id="the same"),
        pytest.param(73, 71, 50, False, False, id="half the bytes, but it misses the target"),
        pytest.param(60, 72, 150, False, True, id="larger, but the first missed the target"),
        pytest.param(60, 60, 150, False, False, id="larger for nothing"),
        pytest.param(60, 59, 50, False, False, id="both miss the target, and it is worse"),
        pytest.param(60, 61, 50, False, True, id="both miss the target, and it is better"),
        pytest.param(72, 72, 150, True, True, id="larger than what was cut short"),
        pytest.param(90, 72, 150, True, True, id="the first was cut short above the target"),
        pytest.param(73, 70, 50, True, False, id="worse than what was cut short"),
        pytest.param(None, None, 90, False, True, id="smaller, and nothing was measured"),
        pytest.param(None, None, 110, False, False, id="larger, and nothing was measured"),
        pytest.param(None, 72, 110, True, True, id="finished, where the first was not measured"),
    ],
)
def test_a_result_takes_the_place_of_another_only_when_it_is_better(
    first_score: float | None,
    made_score: float | None,
    made_bytes: int,
    is_provisional: bool,
    is_better: bool,
) -> None:
    first = replace(QUICK, score=first_score, is_provisional=is_provisional, data=b"")
    made = replace(QUICK, score=made_score, data=bytes(made_bytes))

    assert is_improvement(made, first=first, first_bytes=100) is is_better


def test_a_result_that_was_cut_short_again_takes_no_place_unless_it_is_smaller() -> None:
    first = replace(QUICK, is_provisional=True, data=b"")
    again = replace(first, data=bytes(101))

    assert not is_improvement(again, first=first, first_bytes=100)
    assert is_improvement(replace(again, data=bytes(99)), first=first, first_bytes=100)
