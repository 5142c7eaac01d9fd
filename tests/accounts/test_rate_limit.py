"""Rate limits: exact in every window of sixty seconds, at the turn of a minute too."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import ApiKey
from imgproxy_py.accounts.errors import RateLimited
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.accounts.rate_limit import MAX_WINDOWS, WINDOW_SECONDS, RateLimiter

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
# Gaps between requests, in eighths of a second: such sums are exact.
GAPS = some.lists(some.integers(min_value=0, max_value=200).map(lambda each: each / 8))


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def identity(
    requests: int | None, *, account: str = "a", key: str | None = "k", images: int | None = None
) -> Identity:
    plan = Plan(
        name="tested", max_keys=2, max_requests_per_minute=requests, max_images_per_month=images
    )
    holder = Account(id=account, username=account, plan=plan.name, created_at=MADE_AT)
    issued = None
    if key is not None:
        issued = ApiKey(id=key, account_id=account, name=key, last_four="last", created_at=MADE_AT)
    return Identity(account=holder, plan=plan, key=issued)


def allowed(limiter: RateLimiter, who: Identity, *, times: int) -> int:
    return sum(limiter.take(who).is_allowed for _ in range(times))


@pytest.mark.parametrize(
    ("plan", "of_key", "of_account"),
    [("free", 30, 60), ("starter", 150, 300), ("pro", 500, 1000), ("business", 1500, 3000)],
)
def test_a_key_has_half_of_its_account(plan: str, of_key: int, of_account: int) -> None:
    limiter = RateLimiter(clock=Clock())
    requests = PLANS[plan].max_requests_per_minute

    first = allowed(limiter, identity(requests, key="first"), times=of_account + 1)
    second = allowed(limiter, identity(requests, key="second"), times=of_account + 1)
    third = allowed(limiter, identity(requests, key="third"), times=1)

    assert (first, second, third) == (of_key, of_key, 0)


def test_who_comes_by_username_has_all_of_the_account() -> None:
    assert allowed(RateLimiter(clock=Clock()), identity(60, key=None), times=70) == 60


def test_a_key_may_always_ask_once() -> None:
    assert allowed(RateLimiter(clock=Clock()), identity(1), times=3) == 1


def test_without_a_limit_nothing_is_limited_and_nothing_told() -> None:
    limiter = RateLimiter(clock=Clock())

    assert allowed(limiter, identity(None), times=5000) == 5000
    assert limiter.take(identity(None)).policies == ()


def test_accounts_do_not_take_from_one_another() -> None:
    limiter = RateLimiter(clock=Clock())
    allowed(limiter, identity(10, account="a", key="k"), times=20)

    assert allowed(limiter, identity(10, account="b", key="l"), times=20) == 5


async def test_thirty_two_tasks_get_exactly_what_is_allowed() -> None:
    limiter = RateLimiter(clock=Clock())

    async def ask() -> int:
        passed = 0
        for _ in range(50):
            passed += limiter.take(identity(1000, key=None)).is_allowed
            await asyncio.sleep(0)
        return passed

    assert sum(await asyncio.gather(*(ask() for _ in range(32)))) == 1000


def test_a_refused_request_says_when_the_next_one_will_pass() -> None:
    clock = Clock()
    limiter = RateLimiter(clock=clock)
    limiter.take(identity(4))
    clock.seconds += 10.5
    limiter.take(identity(4))

    state = limiter.take(identity(4))

    with pytest.raises(RateLimited) as caught:
        state.require_allowed()
    assert str(caught.value) == "more than 2 requests a minute for this key; try again in 50 s"
    assert caught.value.retry_after_seconds == 50
    clock.seconds += 49
    assert not limiter.take(identity(4)).is_allowed
    clock.seconds += 1
    assert limiter.take(identity(4)).is_allowed


def test_refused_requests_do_not_make_the_wait_longer() -> None:
    clock = Clock()
    limiter = RateLimiter(clock=clock)
    for _ in range(480):
        limiter.take(identity(4))
        clock.seconds += 0.125

    assert limiter.take(identity(4)).is_allowed


def test_the_policies_tell_what_is_left_of_both() -> None:
    limiter = RateLimiter(clock=Clock())
    limiter.take(identity(10, key="first"))

    state = limiter.take(identity(10, key="second"))

    told = [(each.name, each.limit, each.remaining, each.reset_seconds) for each in state.policies]
    assert told == [("key", 5, 4, 60), ("account", 10, 8, 60)]
    assert state.nearest.name == "key"


def test_a_limit_of_nothing_lets_nothing_pass_and_names_a_time_all_the_same() -> None:
    state = RateLimiter(clock=Clock()).take(identity(0, key=None))

    assert not state.is_allowed
    assert state.nearest.reset_seconds == WINDOW_SECONDS


@given(gaps=GAPS, requests=some.integers(min_value=1, max_value=12), has_key=some.booleans())
def test_no_sixty_seconds_ever_hold_more_than_the_limit(
    gaps: list[float], requests: int, has_key: bool
) -> None:
    clock = Clock()
    limiter = RateLimiter(clock=clock)
    who = identity(requests, key="k" if has_key else None)
    limit = max(1, requests // 2) if has_key else requests
    passed: list[float] = []

    for gap in gaps:
        clock.seconds += gap
        recent = [each for each in passed if each > clock.seconds - WINDOW_SECONDS]
        state = limiter.take(who)
        # Neither one too many nor one too few.
        assert state.is_allowed == (len(recent) < limit)
        if state.is_allowed:
            passed.append(clock.seconds)


@given(gaps=GAPS)
def test_who_waits_as_long_as_told_passes(gaps: list[float]) -> None:
    clock = Clock()
    limiter = RateLimiter(clock=clock)

    for gap in gaps:
        clock.seconds += gap
        state = limiter.take(identity(6))
        if not state.is_allowed:
            clock.seconds += state.nearest.reset_seconds
            assert limiter.take(identity(6)).is_allowed


def test_memory_is_bounded_however_many_ask() -> None:
    limiter = RateLimiter(clock=Clock())
    for number in range(MAX_WINDOWS + 10):
        limiter.take(identity(2, account=str(number), key=None))

    # The oldest were forgotten, those seen last were not.
    assert allowed(limiter, identity(2, account=str(MAX_WINDOWS + 9), key=None), times=5) == 1
    assert allowed(limiter, identity(2, account="0", key=None), times=5) == 2
