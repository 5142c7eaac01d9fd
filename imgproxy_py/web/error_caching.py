"""What caches are told of an error: for how long it may be kept, and whether we remembered it."""

from imgproxy_py.engine.errors import ImpossibleResult
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.service.cache_use import HIT, CacheUse, Forward
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.remembered_failures import remembered_seconds
from imgproxy_py.sources.errors import SourceError
from imgproxy_py.web.cache_headers import (
    BRIEF_SECONDS,
    NO_STORE,
    Headers,
    error_cache_control,
    vary,
)
from imgproxy_py.web.cache_status import cache_status

# Of the statuses that may be kept briefly: a result that is gone may be made again any moment
# under the same URL, and how large a picture becomes is for hints to say that no `Vary` here names.
_KEPT_BY_NOBODY = (ResultNotFound, ImpossibleResult)


def error_caching(error: Exception, *, status: int, is_keyed: bool, now: float) -> Headers:
    """`Cache-Control`, `Vary` and `Cache-Status` beside an error; `now` in Unix seconds.

    `is_keyed`: what is said holds for one account, whose key a cache does not see.
    """
    if is_keyed or isinstance(error, _KEPT_BY_NOBODY):
        told = NO_STORE
    else:
        told = error_cache_control(status, brief_seconds=_brief_seconds(error, now))
    # Accept decides the shape of the words.
    return (("Cache-Control", told), *vary(("Accept",)), *_cache_status(error, now))


def _brief_seconds(error: Exception, now: float) -> int:
    """Together with ours no cache keeps a failure longer than once, nor longer than its origin said
    (RFC 9111, 4.2.3)."""
    if isinstance(error, ImgproxyError) and error.kept_until is not None:
        return int(error.kept_until - now)
    if not isinstance(error, SourceError):
        return BRIEF_SECONDS
    if error.remembered_until is not None:
        return int(error.remembered_until - now)
    if error.origin_status is None and not error.is_passing:
        return BRIEF_SECONDS
    return int(remembered_seconds(error, now=now))


def _cache_status(error: Exception, now: float) -> Headers:
    """Told where an origin was asked, or would have been."""
    if not isinstance(error, SourceError):
        return ()
    if error.remembered_until is not None:
        ttl_seconds = error.remembered_until - now
        return (("Cache-Status", cache_status(HIT, ttl_seconds=ttl_seconds, detail="negative")),)
    if error.origin_status is None:
        return ()
    use = CacheUse(forward=Forward.MISS, origin_status=error.origin_status)
    return (("Cache-Status", cache_status(use)),)
