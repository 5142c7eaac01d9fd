"""Removes what was purged: a purge only says what counts as gone (`purges.py`)."""

import time
from collections.abc import Callable

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.purges import LISTED_SECONDS, Purges
from imgproxy_py.store.records import Records

# Another process may finish storing what it began to make before it heard of a purge.
SETTLED_SECONDS = 10 * LISTED_SECONDS

# A record that was removed may be remembered for minutes: its purge hides it until long after.
REMEMBERED_SECONDS = 3600.0


async def sweep(
    blobs: BlobStore, records: Records, purges: Purges, *, clock: Callable[[], float] = time.time
) -> int:
    """Read every record and remove the purged ones, an hour later the purges; how many records.

    Nothing is read when nothing was purged. Bytes stay, unreachable, until pruning takes them:
    another record may name them as well. `clock` gives Unix seconds.
    """
    await purges.refresh()
    if not purges.has_before(clock() - SETTLED_SECONDS):
        return 0
    removed = 0
    async for entry in blobs.entries("records"):
        if await records.is_purged_at(entry.key):
            await blobs.delete(entry.key)
            removed += 1
    if not removed:
        await purges.forget_before(clock() - REMEMBERED_SECONDS)
    return removed
