"""What is remembered: blobs, the results in them, what was purged, and who works on what."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from imgproxy_py.compose.running import keep_running
from imgproxy_py.compose.shared import SharedParts, start_shared
from imgproxy_py.service.housekeeping import keep_within
from imgproxy_py.service.results import StoredResults
from imgproxy_py.settings import Settings
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.key import LIBRARY
from imgproxy_py.store.leases import Leases
from imgproxy_py.store.purges import Purges
from imgproxy_py.store.records import Records
from imgproxy_py.store.secret_keys import load_secret_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreParts:
    """`leases` is None where nobody else sees what is stored. `secret` is the newest of the
    server's secret keys."""

    blobs: BlobStore
    purges: Purges
    results: StoredResults
    leases: Leases | None
    secret: bytes = field(repr=False)


async def start_store(settings: Settings, stack: AsyncExitStack) -> StoreParts:
    """The store as it was left: what was purged before is known when this returns."""
    blobs = BlobStore(settings.results_url)
    purges = await _purges(blobs, stack)
    secret = load_secret_keys(settings.data_dir, settings.secret_keys)[-1]
    shared = start_shared(settings, secret, stack)
    memory = BoundedMemoryCache(max_bytes=settings.cache_max_bytes)
    results = _results(blobs, memory, shared, purges, secret)
    keep_running(
        stack,
        keep_within(
            blobs, records=results.records, purges=purges, max_bytes=settings.results_max_bytes
        ),
    )
    return StoreParts(
        blobs=blobs, purges=purges, results=results, leases=shared.leases, secret=secret
    )


async def _purges(blobs: BlobStore, stack: AsyncExitStack) -> Purges:
    purges = Purges(blobs)
    await purges.refresh()
    keep_running(stack, purges.follow())
    return purges


def _results(
    blobs: BlobStore,
    memory: BoundedMemoryCache,
    shared: SharedParts,
    purges: Purges,
    secret: bytes,
) -> StoredResults:
    """What accounts keep for good lies in a folder of its own, and no purge touches it."""
    library = StoredResults(
        contents=Contents(blobs=blobs, memory=memory, folder=LIBRARY),
        records=Records(blobs, memory=memory, shared=shared.records, folder=LIBRARY),
        secret=secret,
    )
    return StoredResults(
        contents=Contents(blobs=blobs, memory=memory),
        records=Records(blobs, memory=memory, shared=shared.records, purges=purges),
        secret=secret,
        library=library,
    )
