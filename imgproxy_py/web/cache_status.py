"""`Cache-Status` (RFC 9211): what our own cache did for one answer.

Neither `key` nor `detail` of a picture is told: a key names the source's content, which is nobody's
business, and the receipt says the rest.
"""

import math

from imgproxy_py.service.cache_use import CacheUse

CACHE_NAME = "imgproxy-py"


def cache_status(
    use: CacheUse, *, ttl_seconds: float | None = None, is_stored: bool = False, detail: str = ""
) -> str:
    """One member of the list. `ttl_seconds` is the freshness that is left, negative when it is
    over; it is told of what came from the store, or went there. `is_stored`: this answer did.

    Parameters stand in the order in which section 2 defines them.
    """
    members = [CACHE_NAME]
    if use.forward is None:
        members.append("hit")
    else:
        members.append(f"fwd={use.forward.value}")
        if use.origin_status is not None:
            members.append(f"fwd-status={use.origin_status}")
    if ttl_seconds is not None:
        members.append(f"ttl={math.floor(ttl_seconds)}")
    if use.forward is not None and is_stored:
        members.append("stored")
    if use.forward is not None and use.is_collapsed:
        members.append("collapsed")
    if detail:
        members.append(f"detail={detail}")
    return "; ".join(members)
