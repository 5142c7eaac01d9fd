"""Rate limits: how many requests for work a key, and its account, may send in a minute.

The window slides: in any sixty seconds there are never more than the limit, not at the turn of a
minute either. Every request is remembered by its moment for as long as it counts, so the limit is
exact; at the largest plan's 3,000 a minute that is 24 kB an account.
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from imgproxy_py.accounts.errors import RateLimited
from imgproxy_py.accounts.identity import Identity

WINDOW_SECONDS = 60
# Accounts and keys that are remembered at the same time; the one not seen for longest goes first.
MAX_WINDOWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One limit and where its holder stands: `remaining` requests now, and `reset_seconds` until
    there is one more."""

    name: str
    limit: int
    remaining: int
    reset_seconds: int
    window_seconds: int = WINDOW_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RateState:
    """What the limits said of one request. Without policies nothing is limited."""

    is_allowed: bool
    policies: tuple[Policy, ...] = ()

    @property
    def nearest(self) -> Policy:
        """The limit that is reached first."""
        return min(self.policies, key=lambda policy: (policy.remaining, -policy.reset_seconds))

    def require_allowed(self) -> None:
        """Raise RateLimited when the request came too soon."""
        if not self.is_allowed:
            nearest = self.nearest
            raise RateLimited(
                policy=nearest.name,
                limit=nearest.limit,
                retry_after_seconds=nearest.reset_seconds,
            )


class RateLimiter:
    """Belongs to one process; `clock` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, identity: Identity) -> RateState:
        """Count one request, when it is within the limits of its key and of its account."""
        now = self._clock()
        limits = _limits(identity)
        windows = [(name, limit, self._window(holder, now)) for name, holder, limit in limits]
        is_allowed = all(len(window) < limit for _, limit, window in windows)
        if is_allowed:
            for _, _, window in windows:
                window.append(now)
        return RateState(
            is_allowed=is_allowed,
            policies=tuple(_policy(name, limit, window, now) for name, limit, window in windows),
        )

    def _window(self, holder: str, now: float) -> deque[float]:
        window = self._windows.setdefault(holder, deque())
        self._windows.move_to_end(holder)
        if len(self._windows) > MAX_WINDOWS:
            self._windows.popitem(last=False)
        while window and window[0] <= now - WINDOW_SECONDS:
            window.popleft()
        return window


def _limits(identity: Identity) -> list[tuple[str, str, int]]:
    """Name, holder and limit. A key has half of what its account has, and one at least."""
    limit = identity.plan.max_requests_per_minute
    if limit is None:
        return []
    account = ("account", f"account {identity.account.id}", limit)
    if identity.key is None:
        return [account]
    return [("key", f"key {identity.key.id}", max(1, limit // 2)), account]


def _policy(name: str, limit: int, window: deque[float], now: float) -> Policy:
    """`reset_seconds` is when the oldest request stops counting; whole, and never too early.

    A limit of 0 has no such moment: the next minute is as good as any.
    """
    if window:
        reset_seconds = max(1, math.ceil(window[0] + WINDOW_SECONDS - now))
    else:
        reset_seconds = 0 if limit else WINDOW_SECONDS
    return Policy(
        name=name,
        limit=limit,
        remaining=max(0, limit - len(window)),
        reset_seconds=reset_seconds,
    )
