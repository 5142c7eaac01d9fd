"""The states of a job, and which may follow which."""

from enum import StrEnum


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# A running job goes back to the queue when it is tried again, or when its worker was killed.
MAY_FOLLOW: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.RUNNING: frozenset({State.QUEUED, State.SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
FINISHED = frozenset(state for state, after in MAY_FOLLOW.items() if not after)
UNFINISHED = frozenset(State) - FINISHED


def may_become(state: State) -> frozenset[State]:
    """The states that `state` may follow: what a row must be in for its change to hold."""
    return frozenset(before for before, after in MAY_FOLLOW.items() if state in after)
