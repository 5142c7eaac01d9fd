"""Keeps the store within its bound while the server runs."""

import asyncio
import logging

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.prune import Pruned, prune
from imgproxy_py.store.purges import Purges
from imgproxy_py.store.records import Records
from imgproxy_py.store.sweep import sweep

log = logging.getLogger(__name__)

# A listing costs time in proportion to what is kept; between two rounds the store may outgrow its
# bound by what is written in that time.
PAUSE_SECONDS = 600.0


async def keep_within(
    blobs: BlobStore,
    *,
    records: Records,
    purges: Purges,
    max_bytes: int,
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Remove what was purged and prune, now and every ten minutes, until cancelled."""
    told_library_bytes = 0
    while True:
        try:
            await sweep(blobs, records, purges)
            pruned = await prune(blobs, max_bytes=max_bytes)
        except StoreError:
            log.exception("the results could not be pruned")
        else:
            if pruned.removed_blobs or pruned.library_bytes != told_library_bytes:
                log.info("the store of results", extra=_told(pruned))
            told_library_bytes = pruned.library_bytes
        await asyncio.sleep(pause_seconds)


def _told(pruned: Pruned) -> dict[str, int]:
    """What accounts keep for good grows beside the bound: an operator has to see it."""
    return {
        "removed_blobs": pruned.removed_blobs,
        "removed_bytes": pruned.removed_bytes,
        "kept_bytes": pruned.kept_bytes,
        "library_bytes": pruned.library_bytes,
        "upload_bytes": pruned.upload_bytes,
    }
