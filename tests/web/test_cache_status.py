"""`Cache-Status` as RFC 9211 writes it."""

import re

import pytest

from imgproxy_py.service.cache_use import HIT, MISS, CacheUse, Forward
from imgproxy_py.web.cache_status import cache_status

# RFC 9211, section 2: `hit` and `fwd` exclude each other; the others have their values' forms.
_MEMBER = re.compile(
    r"imgproxy-py(; hit|; fwd=[a-z-]+(; fwd-status=\d{3})?)(; ttl=-?\d+)?"
    r"(; stored)?(; collapsed)?(; detail=[a-z]+)?"
)
REVALIDATED = CacheUse(forward=Forward.STALE, origin_status=304)
WAITED = CacheUse(forward=Forward.MISS, is_collapsed=True)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        pytest.param(cache_status(HIT), "imgproxy-py; hit", id="a hit"),
        pytest.param(
            cache_status(HIT, ttl_seconds=376.9, is_stored=True),
            "imgproxy-py; hit; ttl=376",
            id="what was stored before is not stored now",
        ),
        pytest.param(
            cache_status(HIT, ttl_seconds=-0.5),
            "imgproxy-py; hit; ttl=-1",
            id="freshness that is over is negative (2.4)",
        ),
        pytest.param(cache_status(MISS), "imgproxy-py; fwd=miss", id="a miss that is not kept"),
        pytest.param(
            cache_status(MISS, ttl_seconds=60, is_stored=True),
            "imgproxy-py; fwd=miss; ttl=60; stored",
            id="a miss that is",
        ),
        pytest.param(
            cache_status(REVALIDATED, ttl_seconds=60, is_stored=True),
            "imgproxy-py; fwd=stale; fwd-status=304; ttl=60; stored",
            id="a stale source that its origin confirmed",
        ),
        pytest.param(
            cache_status(WAITED, ttl_seconds=60, is_stored=True),
            "imgproxy-py; fwd=miss; ttl=60; stored; collapsed",
            id="somebody else's work",
        ),
        pytest.param(
            cache_status(HIT, ttl_seconds=9, detail="negative"),
            "imgproxy-py; hit; ttl=9; detail=negative",
            id="a failure that is remembered",
        ),
    ],
)
def test_what_the_cache_did_is_told_in_order(told: str, text: str) -> None:
    assert told == text
    assert _MEMBER.fullmatch(told)
