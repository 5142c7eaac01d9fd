"""Keeps the store within its bound while the server runs."""

import asyncio
import logging

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.prune import prune

log = logging.getLogger(__name__)

# A listing costs time in proportion to what is kept; between two rounds the store may outgrow its
# bound by what is written in that time.
PAUSE_SECONDS = 600.0


async def keep_within(blobs: BlobStore, *, max_bytes: int) -> None:
    """Prune now and every ten minutes, until cancelled."""
    while True:
        try:
            pruned = await prune(blobs, max_bytes=max_bytes)
        except StoreError:
            log.exception("the results could not be pruned")
        else:
            if pruned.removed_blobs:
                log.info(
                    "pruned results",
                    extra={
                        "removed_blobs": pruned.removed_blobs,
                        "removed_bytes": pruned.removed_bytes,
                        "kept_bytes": pruned.kept_bytes,
                    },
                )
        await asyncio.sleep(PAUSE_SECONDS)
