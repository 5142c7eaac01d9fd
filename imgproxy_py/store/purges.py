"""What was purged: from a moment on, everything older of a source or of a tag counts as gone.

A purge writes one small blob whose name says all, so it costs the same whether it hits one result
or a million, and other processes learn of it by listing a folder. What it hit is removed later
(`sweep.py`), and the blob after that.

    purges/3f/9a…-1763755200123      SHA-256 of the subject, moment in Unix milliseconds
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.key import PURGES

log = logging.getLogger(__name__)

# Other processes notice a purge within this time.
LISTED_SECONDS = 30.0


@lru_cache(maxsize=4096)
def tag_subject(tag: str) -> str:
    """The name under which a tag is purged; a source is purged by its key's digest."""
    return hashlib.sha256(f"tag {tag}".encode()).hexdigest()


class Purges:
    """Answers from memory alone: it is asked about every hit. `clock` gives Unix seconds."""

    def __init__(self, blobs: BlobStore, *, clock: Callable[[], float] = time.time) -> None:
        self._blobs = blobs
        self._clock = clock
        self._moments: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._moments)

    async def add(self, subjects: Iterable[str]) -> float:
        """Count everything of these subjects as gone from now on; the moment in Unix seconds.

        In other processes it is gone LISTED_SECONDS later. StoreError when it could not be noted.
        """
        # A name has whole milliseconds: the next one, so that what was made in this one goes too.
        milliseconds = int(self._clock() * 1000) + 1
        for subject in subjects:
            await self._blobs.put(_path(subject, milliseconds), b"")
            self._note(subject, milliseconds / 1000)
        return milliseconds / 1000

    def is_purged(
        self, made_at: datetime, *, source_digest: str = "", tags: tuple[str, ...] = ()
    ) -> bool:
        """Whether something made at `made_at` of this source, with these tags, has been purged."""
        if not self._moments:
            return False
        return made_at.timestamp() < self.latest(source_digest=source_digest, tags=tags)

    def latest(self, *, source_digest: str = "", tags: tuple[str, ...] = ()) -> float:
        """When any of them was purged last, in Unix seconds; 0 for never."""
        moment = self._moments.get(source_digest, 0.0)
        for tag in tags:
            moment = max(moment, self._moments.get(tag_subject(tag), 0.0))
        return moment

    def has_before(self, moment: float) -> bool:
        """Whether anything was purged before `moment` (Unix seconds)."""
        return any(purged_at < moment for purged_at in self._moments.values())

    async def refresh(self) -> None:
        """Learn what other processes have purged, and forget what has been removed."""
        listed: dict[str, float] = {}
        async for entry in self._blobs.entries(PURGES.rstrip("/")):
            subject, milliseconds = _read(entry.key)
            listed[subject] = max(listed.get(subject, 0.0), milliseconds / 1000)
        # What was added here while the listing ran stands in no listing yet.
        recent = {
            subject: moment
            for subject, moment in self._moments.items()
            if moment > self._clock() - LISTED_SECONDS
        }
        self._moments = listed
        for subject, moment in recent.items():
            self._note(subject, moment)

    async def follow(self) -> None:
        """Refresh again and again, until cancelled."""
        while True:
            try:
                await self.refresh()
            except StoreError:
                log.exception("what was purged could not be listed")
            await asyncio.sleep(LISTED_SECONDS)

    async def forget_before(self, moment: float) -> None:
        """Remove the purges before `moment` (Unix seconds): whatever they hit is removed itself."""
        async for entry in self._blobs.entries(PURGES.rstrip("/")):
            subject, milliseconds = _read(entry.key)
            if milliseconds / 1000 < moment:
                await self._blobs.delete(entry.key)
                if self._moments.get(subject, moment) < moment:
                    del self._moments[subject]

    def _note(self, subject: str, moment: float) -> None:
        self._moments[subject] = max(moment, self._moments.get(subject, 0.0))


def _path(subject: str, milliseconds: int) -> str:
    return f"{PURGES}{subject[:2]}/{subject[2:]}-{milliseconds}"


def _read(path: str) -> tuple[str, int]:
    """Subject and milliseconds; nothing and never for a name that is none of ours."""
    shard, _, name = path.removeprefix(PURGES).partition("/")
    rest, _, milliseconds = name.rpartition("-")
    return shard + rest, int(milliseconds) if milliseconds.isdigit() else 0
