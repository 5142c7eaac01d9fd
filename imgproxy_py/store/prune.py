"""Keeping the store within its bytes: what was not used for the longest time goes first.

A record may go before or after the contents it names; both orders read as a miss. Run it in one
process at a time, or in several: what is gone already is no error.

Some folders are left alone, and do not count: what accounts keep for good, and uploads that wait
for their job, of which there is no other copy. What was purged is kept in mind likewise.
"""

from dataclasses import dataclass

from imgproxy_py.store.blobs import BlobEntry, BlobStore
from imgproxy_py.store.key import LIBRARY, PURGES, UPLOADS

# Below the bound, so that the next write does not begin the next round.
KEPT_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What one round did, and what it found: `kept_bytes` are those that could be removed another
    time; `library_bytes` and `upload_bytes` are left alone."""

    removed_blobs: int
    removed_bytes: int
    kept_bytes: int
    library_bytes: int
    upload_bytes: int


async def prune(blobs: BlobStore, *, max_bytes: int) -> Pruned:
    """When more than `max_bytes` are kept, remove the least recently used down to nine tenths."""
    left_alone = {LIBRARY: 0, UPLOADS: 0, PURGES: 0}
    found: list[BlobEntry] = []
    async for entry in blobs.entries():
        folder = f"{entry.key.partition('/')[0]}/"
        if folder in left_alone:
            left_alone[folder] += entry.bytes
        else:
            found.append(entry)
    total = sum(entry.bytes for entry in found)
    kept_bytes, removed_blobs = total, 0
    for entry in sorted(found, key=lambda entry: entry.used_at):
        if total <= max_bytes or kept_bytes <= max_bytes * KEPT_SHARE:
            break
        await blobs.delete(entry.key)
        kept_bytes -= entry.bytes
        removed_blobs += 1
    return Pruned(
        removed_blobs=removed_blobs,
        removed_bytes=total - kept_bytes,
        kept_bytes=kept_bytes,
        library_bytes=left_alone[LIBRARY],
        upload_bytes=left_alone[UPLOADS],
    )
