"""`Cache-Tag` and `Surrogate-Key`: names by which a cache in front forgets what we have purged.

The former is divided by commas (Cloudflare, Akamai), the latter by spaces (Fastly, Varnish).
"""

from functools import lru_cache

from imgproxy_py.service.purge import source_tag
from imgproxy_py.store.records import ResultRecord
from imgproxy_py.web.cache_headers import Headers

# CDNs take 16 KB; proxies on the way often no more than 4 KB for one header.
MAX_CHARACTERS = 2048


def tag_headers(record: ResultRecord) -> Headers:
    """One tag for the source, then those that its origin gave; none for an upload."""
    return _headers(record.source_digest, record.tags) if record.source_digest else ()


@lru_cache(maxsize=4096)
def _headers(source_digest: str, tags: tuple[str, ...]) -> Headers:
    # A header's bytes beyond ASCII arrive as who knows what: no CDN could be told such a tag.
    names = (source_tag(source_digest), *(tag for tag in tags if tag.isascii()))
    return (
        ("Cache-Tag", _joined(",", [name for name in names if "," not in name])),
        ("Surrogate-Key", _joined(" ", [name for name in names if " " not in name])),
    )


def _joined(divider: str, names: list[str]) -> str:
    """As many as fit, whole ones."""
    while len(joined := divider.join(names)) > MAX_CHARACTERS:
        names.pop()
    return joined
