"""Layouts of archives that were asked for lately: a download in many ranges asks once for each.

To lay out fifty thousand files takes two seconds of looking whether all are still there.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.batch_archive import Archive
from imgproxy_py.jobs.zip_layout import ZipLayout
from imgproxy_py.moments import utc_now
from imgproxy_py.store.collapse import Collapse

# Who was told that everything is there may find a result pruned for this long.
REMEMBERED_SECONDS = 30.0
# Together; an entry takes about half a kilobyte.
MAX_ENTRIES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    archive: Archive
    made_at: float


class KnownLayouts:
    """`make` looks everything up; `clock` gives seconds, `now` the time in UTC."""

    def __init__(
        self,
        make: Callable[[Batch], Awaitable[Archive]],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._make = make
        self._clock = clock
        self._now = now
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._collapse: Collapse[Archive] = Collapse()

    async def layout(self, batch: Batch, *, version: str) -> ZipLayout:
        """Of the batch as it was at `version`; raises what `make` does.

        Nothing that has expired is remembered, and nobody makes what another is making.
        """
        key = batch.id, version
        known = self._known.get(key)
        if known is not None and self._is_good(known):
            return known.archive.layout
        outcome = await self._collapse.run(key, lambda: self._make(batch))
        self._remember(key, outcome.value)
        return outcome.value.layout

    def _is_good(self, known: _Known) -> bool:
        expires_at = known.archive.expires_at
        is_fresh = self._clock() - known.made_at < REMEMBERED_SECONDS
        return is_fresh and (expires_at is None or expires_at > self._now())

    def _remember(self, key: tuple[str, str], archive: Archive) -> None:
        """What is over goes, and then the oldest while there is too much."""
        self._known = OrderedDict(
            (each, known) for each, known in self._known.items() if self._is_good(known)
        )
        self._known[key] = _Known(archive=archive, made_at=self._clock())
        while (
            sum(len(known.archive.layout.entries) for known in self._known.values()) > MAX_ENTRIES
        ):
            self._known.popitem(last=False)
