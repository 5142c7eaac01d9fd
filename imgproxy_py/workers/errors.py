"""What can happen to a piece of work besides the picture being wrong.

ImgproxyError
└── WorkerError
    ├── Overloaded         no place in time; carries `retry_after_seconds`
    ├── DeadlineReached    the time ran out; carries the best result so far, or None
    └── EngineCrashed      the child died of this picture
"""

from imgproxy_py.engine.result import Optimized
from imgproxy_py.errors import ImgproxyError


class WorkerError(ImgproxyError):
    """The engine could not finish a piece of work."""

    code = "worker_error"


class Overloaded(WorkerError):
    """More work is waiting than can be done in time."""

    code = "overloaded"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(
            f"the server has more work than it can do in time; try again in {retry_after_seconds} s"
        )
        self.retry_after_seconds = retry_after_seconds


class DeadlineReached(WorkerError):
    """The request's time ran out; `best` is the best result that existed by then."""

    code = "deadline_reached"

    def __init__(self, *, best: Optimized | None) -> None:
        super().__init__("the time allowed for this request ran out")
        self.best = best


class EngineCrashed(WorkerError):
    """The process that worked on this picture died."""

    code = "engine_crashed"

    def __init__(self) -> None:
        super().__init__(
            "the picture could not be processed: it takes more time or memory than one picture may"
        )
