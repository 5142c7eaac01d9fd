"""What a response's headers say of its freshness: RFC 9111, sections 3, 4.2 and 5.

Times are Unix seconds handed in by the caller. Header names are in lower case, and several lines of
one header are joined by commas. A `section` below is one of that RFC.
"""

from collections.abc import Mapping
from dataclasses import replace

from imgproxy_py.store.directives import age_seconds, date_seconds, delta_seconds, directives
from imgproxy_py.store.freshness import YEAR_SECONDS, Freshness


def judge(
    headers: Mapping[str, str],
    *,
    requested_at: float,
    responded_at: float,
    default_ttl_seconds: int,
    max_ttl_seconds: int = YEAR_SECONDS,
    was_authorized: bool = False,
) -> Freshness:
    """What the response's headers mean for a shared cache.

    `default_ttl_seconds` counts where the origin names no lifetime; `max_ttl_seconds` caps what it
    names. `was_authorized` means that the request carried user-info as Basic auth.
    """
    said = directives(headers.get("cache-control", ""))
    lifetime, shared = _lifetimes(headers, said, responded_at, default_ttl_seconds)
    return Freshness(
        born_at=responded_at - _initial_age(headers, requested_at, responded_at),
        lifetime_seconds=_capped(lifetime, max_ttl_seconds),
        shared_lifetime_seconds=_capped(shared, max_ttl_seconds),
        stale_while_revalidate_seconds=_grace(said, "stale-while-revalidate", max_ttl_seconds),
        stale_if_error_seconds=_grace(said, "stale-if-error", max_ttl_seconds),
        is_no_store="no-store" in said or _varies_always(headers),
        is_private="private" in said or "set-cookie" in headers or _is_locked(said, was_authorized),
        is_no_cache="no-cache" in said,
        must_revalidate="must-revalidate" in said or "proxy-revalidate" in said,
        is_immutable="immutable" in said,
        is_no_transform="no-transform" in said,
    )


def revalidated(previous: Freshness, said: Freshness, headers: Mapping[str, str]) -> Freshness:
    """The freshness after a 304 (RFC 9111, section 4.3.4); `said` is what `judge` makes of its
    `headers`.

    A 304 that says something about caching replaces what was known; one that is silent begins the
    same lifetime anew.
    """
    if "cache-control" in headers or "expires" in headers:
        return said
    return replace(previous, born_at=said.born_at)


def _lifetimes(
    headers: Mapping[str, str],
    said: Mapping[str, tuple[str, ...]],
    responded_at: float,
    default_ttl_seconds: int,
) -> tuple[int | None, int | None]:
    """For every cache and for shared ones: s-maxage > max-age > Expires (section 4.2.1)."""
    shared = delta_seconds(said.get("s-maxage"))
    lifetime = delta_seconds(said.get("max-age"))
    if lifetime is None and "expires" in headers:
        lifetime = _expires_lifetime(headers, responded_at)
    if lifetime is None and shared is None:
        lifetime = default_ttl_seconds
    return lifetime, shared


def _expires_lifetime(headers: Mapping[str, str], responded_at: float) -> int:
    expires = date_seconds(headers["expires"])
    if expires is None:
        return 0  # section 5.3: an invalid date, "0" above all, has passed already
    made = date_seconds(headers.get("date"))
    return max(0, int(expires - (responded_at if made is None else made)))


def _initial_age(headers: Mapping[str, str], requested_at: float, responded_at: float) -> float:
    """The age on arrival, section 4.2.3: by the origin's date or by `Age`, whichever is more."""
    made = date_seconds(headers.get("date"))
    apparent_age = 0.0 if made is None else max(0.0, responded_at - made)
    response_delay = max(0.0, responded_at - requested_at)
    return max(apparent_age, age_seconds(headers) + response_delay)


def _capped(lifetime: int | None, max_ttl_seconds: int) -> int | None:
    return None if lifetime is None else min(lifetime, max_ttl_seconds)


def _grace(said: Mapping[str, tuple[str, ...]], name: str, max_ttl_seconds: int) -> int:
    return min(delta_seconds(said.get(name)) or 0, max_ttl_seconds)


def _varies_always(headers: Mapping[str, str]) -> bool:
    # Section 4.1: a stored response with `Vary: *` matches no request ever.
    return any(member.strip() == "*" for member in headers.get("vary", "").split(","))


def _is_locked(said: Mapping[str, tuple[str, ...]], was_authorized: bool) -> bool:
    # Section 3.5: an answer to Authorization belongs to one person unless the origin says more.
    return was_authorized and not said.keys() & {"public", "must-revalidate", "s-maxage"}
