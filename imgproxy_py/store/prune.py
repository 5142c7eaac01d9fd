"""Keeping the store within its bytes: what was not used for the longest time goes first.

A record may go before or after the contents it names; both orders read as a miss. Run it in one
process at a time, or in several: what is gone already is no error.
"""

from dataclasses import dataclass

from imgproxy_py.store.blobs import BlobStore

# Below the bound, so that the next write does not begin the next round.
KEPT_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What one round did."""

    removed_blobs: int
    removed_bytes: int
    kept_bytes: int


async def prune(blobs: BlobStore, *, max_bytes: int) -> Pruned:
    """When more than `max_bytes` are kept, remove the least recently used down to nine tenths."""
    found = [entry async for entry in blobs.entries()]
    total = sum(entry.bytes for entry in found)
    if total <= max_bytes:
        return Pruned(removed_blobs=0, removed_bytes=0, kept_bytes=total)
    kept_bytes, removed_blobs = total, 0
    for entry in sorted(found, key=lambda entry: entry.used_at):
        if kept_bytes <= max_bytes * KEPT_SHARE:
            break
        await blobs.delete(entry.key)
        kept_bytes -= entry.bytes
        removed_blobs += 1
    return Pruned(
        removed_blobs=removed_blobs, removed_bytes=total - kept_bytes, kept_bytes=kept_bytes
    )
