"""Allowed and denied sources: host patterns (`*.example.com`) or URL prefixes.

Origins resolve `..` and escapes in paths, and we send them as written; so a prefix is held against
every reading of the path. Allowing asks that all readings match, denying that any does.
"""

from dataclasses import dataclass
from urllib.parse import unquote

from imgproxy_py.sources.errors import SourceUrlInvalid
from imgproxy_py.sources.hostname import read_host
from imgproxy_py.sources.redirect import remove_dot_segments
from imgproxy_py.sources.url import SourceUrl, read_source_url


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePattern:
    """A host, with `subdomains` the hosts below it, or the beginning of a URL (`prefix`)."""

    host: str
    subdomains: bool = False
    prefix: SourceUrl | None = None

    def covers_all(self, url: SourceUrl) -> bool:
        return self._covers_host(url) and all(map(self._covers_target, _readings(url.target)))

    def covers_any(self, url: SourceUrl) -> bool:
        return self._covers_host(url) and any(map(self._covers_target, _readings(url.target)))

    def _covers_host(self, url: SourceUrl) -> bool:
        if self.prefix is not None:
            return url.origin == self.prefix.origin
        if self.subdomains:
            # ".": every host, which is what a lone star means
            return self.host == "" or url.host.endswith(f".{self.host}")
        return url.host == self.host

    def _covers_target(self, target: str) -> bool:
        return self.prefix is None or target.startswith(self.prefix.target)


def read_patterns(text: str) -> tuple[SourcePattern, ...]:
    """A comma list of patterns; ValueError names the one that is none."""
    return tuple(_read_pattern(part.strip()) for part in text.split(",") if part.strip())


def _read_pattern(text: str) -> SourcePattern:
    try:
        if "://" in text:
            prefix = read_source_url(text)
            return SourcePattern(host=prefix.host, prefix=prefix)
        if text == "*":
            return SourcePattern(host="", subdomains=True)
        if text.startswith("*."):
            return SourcePattern(host=read_host(text[2:]), subdomains=True)
        return SourcePattern(host=read_host(text))
    except SourceUrlInvalid as error:
        raise ValueError(f'"{text}" is neither a host pattern nor a URL prefix: {error}') from error


def _readings(target: str) -> tuple[str, ...]:
    """The target as it is, and its path as an origin may read it: unescaped, without dots."""
    path, mark, query = target.partition("?")
    unescaped = unquote(path).replace("\\", "/")
    return (
        target,
        remove_dot_segments(path) + mark + query,
        remove_dot_segments(unescaped) + mark + query,
        remove_dot_segments(unquote(unescaped)) + mark + query,
    )
