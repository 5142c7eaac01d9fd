"""Rate limits as headers: draft-ietf-httpapi-ratelimit-headers, version 10."""

from imgproxy_py.accounts.rate_limit import RateState


def rate_headers(state: RateState) -> tuple[tuple[str, str], ...]:
    """Nothing where nothing is limited. Of several limits the client hears all policies, and what
    is left of the one that it will reach first."""
    if not state.policies:
        return ()
    policies = ", ".join(
        f'"{each.name}";q={each.limit};w={each.window_seconds}' for each in state.policies
    )
    nearest = state.nearest
    left = f'"{nearest.name}";r={nearest.remaining};t={nearest.reset_seconds}'
    return (("RateLimit-Policy", policies), ("RateLimit", left))
