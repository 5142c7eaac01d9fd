"""Purging: what came from a source, or carries a tag, is fetched and made anew when next asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from imgproxy_py.moments import utc_text
from imgproxy_py.store.key import Key, source_key
from imgproxy_py.store.purges import LISTED_SECONDS, Purges, tag_subject
from imgproxy_py.store.records import Records
from options_grammar import cut, wire_ready

# What lies there is a source like any other, for whoever names it.
_OWN_SOURCES = ("/static/", "/results/")

# Of the digest of a source's key: enough for a name that no other source has.
_TAG_DIGITS = 16


class KeptBytes(Protocol):
    """Whoever keeps sources' bytes."""

    async def delete(self, sha256: str) -> None: ...


class Failures(Protocol):
    """Whoever remembers which origins failed."""

    async def forget(self, url: str) -> None: ...


def source_tag(digest: str) -> str:
    """The tag that all answers of one source carry; `digest` is that of the source's key."""
    return f"source-{digest[:_TAG_DIGITS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """`tags` are those by which a CDN in front forgets the same; `at` is in UTC."""

    urls: tuple[str, ...]
    tags: tuple[str, ...]
    at: datetime

    def as_json(self) -> dict[str, object]:
        return {
            "urls": list(self.urls),
            "tags": list(self.tags),
            "purged_at": utc_text(self.at),
            "everywhere_within_seconds": int(LISTED_SECONDS),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Purger:
    """`public_url` is the server's own address, with or without a slash at its end. Without
    `failures` nobody here remembers any."""

    purges: Purges
    records: Records
    kept: KeptBytes
    public_url: str
    failures: Failures | None = None

    async def purge(self, *, urls: Sequence[str], tags: Sequence[str]) -> Purged:
        """Purge all that came from `urls` and all that carries one of `tags`.

        A URL is a source's, or one of ours: then the source in it is meant. Raises PathError for
        what is no URL, before anything is purged, and StoreError.
        """
        sources = [self._source_of(url) for url in urls]
        keys = [source_key(url) for url in sources]
        records = [await self.records.source(key) for key in keys]
        moment = await self.purges.add(
            [*(key.digest for key in keys), *map(tag_subject, _with_own(keys, tags))]
        )
        for url, key, record in zip(sources, keys, records, strict=True):
            if self.failures is not None:  # what was not there a moment ago may be there now
                await self.failures.forget(url)
            await self._forget(key, None if record is None else record.sha256)
        return Purged(
            urls=tuple(sources),
            tags=_with_own(keys, tags),
            at=datetime.fromtimestamp(moment, UTC),
        )

    async def _forget(self, key: Key, sha256: str | None) -> None:
        """At once rather than by the next sweep: the bytes may be large, or not ours to keep."""
        await self.records.forget_source(key)
        if sha256 is not None:
            await self.kept.delete(sha256)

    def _source_of(self, url: str) -> str:
        own = self.public_url.rstrip("/") + "/"
        if not url.startswith(own):
            return wire_ready(url.encode())
        path, _, query = url[len(own) - 1 :].partition("?")
        if path.startswith(_OWN_SOURCES):
            return wire_ready(url.encode())
        inner = cut(path.encode(), query.encode()).source
        return wire_ready(url.encode()) if inner is None else inner


def _with_own(keys: Sequence[Key], tags: Sequence[str]) -> tuple[str, ...]:
    """And the sources' own tags: pictures made of pictures of ours carry them too."""
    return (*(source_tag(key.digest) for key in keys), *tags)
