"""Negative caching: an origin that just failed is not asked again at once.

How long a failure is remembered depends on its kind. What our own rules refuse costs nothing and is
decided anew each time; a body that broke off may arrive whole the next moment.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceNotPublic,
    SourceTooLarge,
    SourceTruncated,
)
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.judging import judge
from imgproxy_py.store.key import source_key

MOST_SECONDS = 60
BRIEF_SECONDS = 5

# The first row that fits counts; what fits none is not remembered.
REMEMBERED_SECONDS: tuple[tuple[type[SourceError], int], ...] = (
    (SourceNotPublic, 0),
    (SourceTruncated, 0),
    (SourceNotFound, MOST_SECONDS),
    (SourceTooLarge, MOST_SECONDS),
    (SourceForbidden, BRIEF_SECONDS),
    (OriginTimeout, BRIEF_SECONDS),
    (OriginFailed, BRIEF_SECONDS),
)
# With these the origin spoke of the picture, and its own `Cache-Control` counts (RFC 9110, section
# 15.1; RFC 9111, section 4). A 5xx is not the picture's: what is remembered is that it failed.
_ABOUT_THE_PICTURE = frozenset({401, 403, 404, 410})


def remembered_seconds(error: SourceError, *, now: float) -> float:
    """How long the origin is left alone after a failure at `now` (Unix seconds); its own word may
    shorten it."""
    most = next((row for kind, row in REMEMBERED_SECONDS if isinstance(error, kind)), 0)
    if error.is_passing:
        most = min(most, BRIEF_SECONDS)
    if error.origin_status not in _ABOUT_THE_PICTURE:
        return most
    said = judge(
        error.headers,
        requested_at=now,
        responded_at=now,
        default_ttl_seconds=most,
        max_ttl_seconds=most,
    )
    return max(0.0, said.fresh_until - now) if said.may_store else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """`len` is its weight in bytes, roughly: an error is a dict and a few short texts."""

    error: SourceError

    def __len__(self) -> int:
        return 1024 + sum(len(name) + len(value) for name, value in self.error.headers.items())


class RememberedFailures:
    """By source URL. `memory` is bounded; `now` gives Unix seconds."""

    def __init__(self, memory: BoundedMemoryCache, *, now: Callable[[], float] = time.time) -> None:
        self._memory = memory
        self._now = now

    async def of(self, url: str) -> SourceError | None:
        """The failure that is still to be believed, to be raised."""
        found: _Remembered | None = await self._memory.get(source_key(url).digest)
        if found is None or (found.error.remembered_until or 0.0) <= self._now():
            return None
        return found.error.again()

    async def note(self, url: str, error: SourceError) -> None:
        """An origin failed just now."""
        now = self._now()
        seconds = remembered_seconds(error, now=now)
        if seconds <= 0 or error.remembered_until is not None:
            return
        remembered = error.again()
        remembered.remembered_until = now + seconds
        await self._memory.set(source_key(url).digest, _Remembered(error=remembered), ttl=seconds)

    async def forget(self, url: str) -> None:
        """Ask its origin again."""
        await self._memory.delete(source_key(url).digest)
