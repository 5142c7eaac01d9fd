"""Where a redirect leads: RFC 3986, section 5.2, without touching what need not be touched.

`urllib.parse.urljoin` is not used: it drops empty segments, and with them every URL nested in a
path (`/resize/http://host/a.png`).
"""

import re
from dataclasses import replace

from imgproxy_py.sources.errors import RedirectInvalid, SourceUrlInvalid
from imgproxy_py.sources.url import SourceUrl, read_source_url

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def next_hop(url: SourceUrl, location: str | None) -> SourceUrl:
    """The URL that `location` means when `url` answered with it, or RedirectInvalid.

    Credentials go on only to the origin that they were given for.
    """
    if location is None:
        raise RedirectInvalid("the origin redirects without saying where to")
    try:
        hop = read_source_url(_join(url, location.strip(" \t")))
    except SourceUrlInvalid as error:
        raise RedirectInvalid(f"the origin redirects to an unusable address: {error}") from error
    if hop.authorization is None and hop.origin == url.origin:
        return replace(hop, authorization=url.authorization)
    return hop


def _join(url: SourceUrl, location: str) -> str:
    if _SCHEME.match(location):
        return location
    if location.startswith("//"):
        return f"{url.scheme}:{location}"
    base = url.text.removesuffix(url.target)
    path, _, _ = url.target.partition("?")
    reference, mark, query = location.partition("#")[0].partition("?")
    if not reference:
        return f"{base}{path}{mark}{query}" if mark else f"{base}{url.target}"
    if not reference.startswith("/"):
        reference = path[: path.rindex("/") + 1] + reference
    return base + remove_dot_segments(reference) + mark + query


def remove_dot_segments(path: str) -> str:
    """RFC 3986, section 5.2.4, for a path that begins with a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
