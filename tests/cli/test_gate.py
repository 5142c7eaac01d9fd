"""What a CI job lets pass."""

import pytest

from imgproxy_py.cli.gate import Gate
from imgproxy_py.cli.outcome import Outcome
from tests.cli.outcomes import proof


@pytest.mark.parametrize(
    ("gate", "complaint"),
    [
        pytest.param(Gate(), None, id="no limits"),
        pytest.param(Gate(max_bytes=400), None, id="as large as it may be"),
        pytest.param(Gate(max_bytes=399), "400 bytes; --max-bytes allows 399", id="too large"),
        pytest.param(Gate(fail_over_percent=60), None, id="as much to save as there may be"),
        pytest.param(
            Gate(fail_over_percent=10),
            "could be 60.0 % smaller; --fail-over allows 10 %",
            id="more to save than there may be",
        ),
        pytest.param(Gate(fail_under_score=71.5), None, id="as good as it must be"),
        pytest.param(
            Gate(fail_under_score=80), "score 71.5; --fail-under asks for 80", id="not good enough"
        ),
    ],
)
def test_a_ci_job_fails_on_what_it_does_not_let_pass(gate: Gate, complaint: str | None) -> None:
    outcome = Outcome(
        name="a.png", source_bytes=1000, result_bytes=400, proof=proof(score=71.5, target=72)
    )

    assert gate.complaint(outcome) == complaint


def test_a_score_that_was_not_measured_is_not_held_against_a_picture() -> None:
    unmeasured = Outcome(name="a.png", source_bytes=9, result_bytes=9, proof=proof(score=None))
    left_alone = Outcome(name="b.png", source_bytes=9, result_bytes=9)

    gate = Gate(fail_under_score=100)

    assert gate.complaint(unmeasured) is gate.complaint(left_alone) is None


def test_a_fault_is_the_complaint_whatever_the_limits_are() -> None:
    assert Gate().complaint(Outcome(name="a.png", source_bytes=1, error="damaged")) == "damaged"
