"""How long a source may be used, and what its results may promise: RFC 9111 as arithmetic.

No clock and no network: times are Unix seconds handed in by the caller. `judging.py` reads it from
a response's headers.
"""

import math
from dataclasses import dataclass, replace

YEAR_SECONDS = 31_536_000

# What a result may promise that something better will replace soon.
PROVISIONAL_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The meaning of a response's caching headers. MessagePack keeps it inside a SourceRecord.

    `born_at` is when the origin made the response, by our clock. `lifetime_seconds` counts from
    then for every cache, `shared_lifetime_seconds` (s-maxage) instead of it for shared ones, which
    we are; None means that the origin named none.
    """

    born_at: float
    lifetime_seconds: int | None = None
    shared_lifetime_seconds: int | None = None
    stale_while_revalidate_seconds: int = 0
    stale_if_error_seconds: int = 0
    is_no_store: bool = False
    is_private: bool = False
    is_no_cache: bool = False
    must_revalidate: bool = False
    is_immutable: bool = False
    is_no_transform: bool = False

    @property
    def may_store(self) -> bool:
        """False where a shared cache must keep neither the source nor its results."""
        return not (self.is_no_store or self.is_private)

    @property
    def fresh_until(self) -> float:
        """Unix seconds until which the source is used without asking its origin again."""
        if self.is_no_cache:
            return self.born_at  # RFC 9111, section 5.2.2.4: not without validation
        lifetime = self.shared_lifetime_seconds
        return self.born_at + (lifetime if lifetime is not None else self.lifetime_seconds or 0)

    def is_fresh(self, now: float) -> bool:
        return now < self.fresh_until

    def is_usable(self, now: float) -> bool:
        """Without asking the origin first: fresh, or stale where RFC 5861 lets it be used while
        the origin is asked."""
        return self.is_fresh(now) or self.may_serve_stale(now)

    def may_serve_stale(self, now: float, *, origin_failed: bool = False) -> bool:
        """True while RFC 5861 lets a stale copy be used: at once, or after the origin failed.

        The origin's explicit permission counts beside `s-maxage`, though not against
        `must-revalidate`, `proxy-revalidate` or `no-cache` (RFC 9111, section 4.2.4).
        """
        if self.must_revalidate or self.is_no_cache:
            return False
        grace = self.stale_while_revalidate_seconds
        if origin_failed:
            grace = max(grace, self.stale_if_error_seconds)
        return now < self.fresh_until + grace

    def ending_by(self, moment: float) -> "Freshness":
        """The same, but stale at `moment` (Unix seconds) at the latest, and not used stale."""
        left = max(0, int(moment - self.born_at))
        shared = self.shared_lifetime_seconds
        return replace(
            self,
            lifetime_seconds=min(left, self.lifetime_seconds or 0),
            shared_lifetime_seconds=None if shared is None else min(left, shared),
            stale_while_revalidate_seconds=0,
            stale_if_error_seconds=0,
            is_immutable=False,
        )

    def within(self, other: "Freshness") -> "Freshness":
        """Neither fresher nor more public than `other`: what led to a response counts as well."""
        left = max(0, int(other.fresh_until - self.born_at))
        lifetime, shared = self.lifetime_seconds, self.shared_lifetime_seconds
        return replace(
            self,
            lifetime_seconds=None if lifetime is None else min(left, lifetime),
            shared_lifetime_seconds=None if shared is None else min(left, shared),
            is_no_store=self.is_no_store or other.is_no_store,
            is_private=self.is_private or other.is_private,
            is_no_cache=self.is_no_cache or other.is_no_cache,
            must_revalidate=self.must_revalidate or other.must_revalidate,
            is_immutable=self.is_immutable and other.is_immutable,
        )

    def cache_control(self, now: float, *, is_provisional: bool = False) -> str:
        """The equivalent `Cache-Control` for a result, with the freshness that is left."""
        if self.is_no_store:
            return "private, no-store" if self.is_private else "no-store"
        parts = ["private" if self.is_private else "public"]
        if self.is_no_cache:
            parts.append("no-cache")
        ceiling = PROVISIONAL_SECONDS if is_provisional else YEAR_SECONDS
        parts += self._lifetimes(now, ceiling)
        if self.must_revalidate:
            parts.append("must-revalidate")
        if not is_provisional:
            parts += self._extensions(now)
        if self.is_no_transform:
            parts.append("no-transform")
        return ", ".join(parts)

    def _lifetimes(self, now: float, ceiling: int) -> list[str]:
        return [
            f"{name}={min(ceiling, max(0, int(self.born_at + lifetime - now)))}"
            for name, lifetime in (
                ("max-age", self.lifetime_seconds),
                ("s-maxage", None if self.is_private else self.shared_lifetime_seconds),
            )
            if lifetime is not None
        ]

    def _extensions(self, now: float) -> list[str]:
        # Their lengths count from the end of the freshness: what of them is over when a stale copy
        # is handed on is over for those who get it, too.
        over = 0 if self.is_no_cache else max(0, math.ceil(now - self.fresh_until))
        graces = [
            f"{name}={grace - over}"
            for name, grace in (
                ("stale-while-revalidate", self.stale_while_revalidate_seconds),
                ("stale-if-error", self.stale_if_error_seconds),
            )
            if grace > over
        ]
        return graces + ["immutable"] * (self.is_immutable and not over)
