"""The table of states: every change that a job may make, and none that it may not."""

import pytest

from imgproxy_py.jobs.states import FINISHED, MAY_FOLLOW, UNFINISHED, State, may_become


def test_a_job_has_ended_when_nothing_may_follow() -> None:
    assert {State.SUCCEEDED, State.FAILED, State.CANCELLED} == FINISHED
    assert {State.QUEUED, State.RUNNING} == UNFINISHED


@pytest.mark.parametrize("state", list(State))
def test_what_a_state_may_follow_is_the_table_read_backwards(state: State) -> None:
    assert may_become(state) == {before for before in State if state in MAY_FOLLOW[before]}


def test_only_running_jobs_succeed_and_only_queued_ones_begin_to_run() -> None:
    assert may_become(State.SUCCEEDED) == {State.RUNNING}
    assert may_become(State.RUNNING) == {State.QUEUED}
