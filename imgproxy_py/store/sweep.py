"""Removes what was purged: a purge only says what counts as gone (`purges.py`)."""

import asyncio
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
    removed, forgotten_before, hides_something = 0, clock() - REMEMBERED_SECONDS, False
    async for entry in blobs.entries("records"):
        purged_at = await records.purged_at(entry.key)
        if purged_at is not None:
            await blobs.delete(entry.key)
            removed += 1
            hides_something |= purged_at < forgotten_before
        # A small file is read without waiting for anything: a thousand would be felt by requests.
        await asyncio.sleep(0)
    if not hides_something:
        await purges.forget_before(forgotten_before)
    return removed
