"""What becomes of a job after a failure: tried again only where that can help, and not for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from imgproxy_py.accounts.errors import AccountDisabled
from imgproxy_py.engine.errors import BrokenImage, NotAnImage
from imgproxy_py.jobs.ending import MAX_ATTEMPTS, after_failure
from imgproxy_py.jobs.errors import UploadLost
from imgproxy_py.jobs.job import Job, JobError, JobOrder
from imgproxy_py.jobs.states import State
from imgproxy_py.service.errors import NotReadyInTime
from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    RedirectLoop,
    SourceEncoded,
    SourceNotFound,
    SourceNotPublic,
    SourceTooLarge,
    SourceTruncated,
    SpoolFailed,
)
from imgproxy_py.store.errors import StoreError
from imgproxy_py.workers.errors import EngineCrashed, Overloaded
from options_grammar import OptionsError


def job(attempt: int = 1) -> Job:
    return Job(
        id="a" * 32,
        account_id="b" * 32,
        key_id="",
        state=State.RUNNING,
        filename="a.jpg",
        order=JobOrder(options="full"),
        attempt=attempt,
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(OriginFailed("the origin answered 500", origin_status=500), id="origin 500"),
        pytest.param(OriginFailed("the origin answered 503", origin_status=503), id="origin 503"),
        pytest.param(OriginFailed("the origin answered 429", origin_status=429), id="origin 429"),
        pytest.param(OriginFailed("the origin closed the connection"), id="origin hung up"),
        pytest.param(SourceTruncated("too short"), id="origin broke off"),
        pytest.param(OriginTimeout("too late"), id="origin silent"),
        pytest.param(Overloaded(retry_after_seconds=3), id="overload"),
        pytest.param(EngineCrashed(), id="engine crashed"),
        pytest.param(NotReadyInTime(), id="out of time"),
        pytest.param(StoreError("writing"), id="store"),
        pytest.param(SpoolFailed("no room"), id="no room"),
        pytest.param(RuntimeError("a bug"), id="a bug"),
    ],
)
def test_what_may_succeed_later_is_tried_again_but_not_for_ever(failure: Exception) -> None:
    first, last = job(1), job(MAX_ATTEMPTS)

    assert after_failure(first, failure, random=lambda: 0).state is State.QUEUED
    assert after_failure(last, failure, random=lambda: 0).state is State.FAILED


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(BrokenImage("damaged"), id="broken"),
        pytest.param(NotAnImage("no image"), id="no image"),
        pytest.param(SourceNotFound("no such host"), id="not found"),
        pytest.param(SourceNotPublic("private"), id="private"),
        pytest.param(OriginFailed("the origin answered 418", origin_status=418), id="origin 418"),
        pytest.param(SourceEncoded("gzip"), id="encoded"),
        pytest.param(RedirectLoop("in a circle"), id="redirect"),
        pytest.param(SourceTooLarge(source_bytes=9, max_source_bytes=8), id="too large"),
        pytest.param(UploadLost(), id="upload lost"),
        pytest.param(AccountDisabled("user"), id="account disabled"),
        pytest.param(OptionsError("unknown option", code="options_unknown"), id="options"),
    ],
)
def test_what_is_wrong_for_good_fails_at_once(failure: Exception) -> None:
    assert after_failure(job(1), failure, random=lambda: 0).state is State.FAILED


@pytest.mark.parametrize(
    ("attempt", "chance", "seconds"), [(1, 0.0, 2.0), (1, 1.0, 3.0), (2, 0.0, 8.0), (2, 1.0, 12.0)]
)
def test_the_wait_grows_and_is_spread(attempt: int, chance: float, seconds: float) -> None:
    ending = after_failure(job(attempt), OriginTimeout("too late"), random=lambda: chance)

    assert ending.wait == timedelta(seconds=seconds)


def test_the_account_is_told_the_reason_in_one_line() -> None:
    error = OptionsError("unknown option\n    full,x\n         ^", code="options_unknown")

    ending = after_failure(job(), error, random=lambda: 0)

    assert ending.error == JobError(code="options_unknown", message="unknown option")
    assert (ending.result, ending.is_spent, ending.wait) == (None, False, None)


def test_a_bug_of_ours_tells_nothing_of_itself() -> None:
    ending = after_failure(job(MAX_ATTEMPTS), KeyError("secret"), random=lambda: 0)

    assert ending.error == JobError(
        code="internal_error", message="the server made a mistake; its log knows more"
    )
