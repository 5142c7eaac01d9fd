"""What a request says about caches (RFC 9111, section 5.2.1), and what of it is done here.

`only-if-cached` is obeyed: it asks for less work. `no-cache`, `max-age=0` and `Pragma: no-cache`,
which browsers send with every reload, are not: whoever may ask could have the same picture fetched
and made anew as often as they like, through any CDN that hands the header on. `no-store`,
`min-fresh` and `max-stale` change nothing either; section 5.2.1 leaves all of them to the cache. An
operator who wants a picture made anew purges it.
"""

from imgproxy_py.store.directives import directives
from imgproxy_py.web.request_head import RequestHead


def asks_for_stored_only(head: RequestHead) -> bool:
    """Whether nothing may be fetched or made for this request."""
    told = head.headers.get(b"cache-control")
    return told is not None and "only-if-cached" in directives(told)
