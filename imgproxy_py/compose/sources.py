"""What brings sources: fetching, what is kept of them, and who asks again for what is stale."""

from contextlib import AsyncExitStack
from pathlib import Path

from imgproxy_py.service.asking import Asking
from imgproxy_py.service.fetches import Fetches
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.kept_sources import FOLDER, KeptSources
from imgproxy_py.service.remembered_failures import RememberedFailures
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.source_facts import Ttls
from imgproxy_py.settings import Settings
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.leases import Leases

# A few thousand failures; what is more is forgotten sooner.
FAILURES_BYTES = 4 << 20


def start_sources(
    settings: Settings,
    *,
    fetcher: Fetcher,
    inside: Inside,
    results: StoredResults,
    leases: Leases | None,
    spool_directory: Path,
    stack: AsyncExitStack,
) -> SourceOpener:
    """Whoever opens sources for requests, orders and jobs alike."""
    asking = Asking(
        fetcher=fetcher,
        records=results.records,
        kept=KeptSources(
            contents=Contents(blobs=results.contents.blobs, folder=FOLDER),
            spool_directory=spool_directory,
            max_bytes=settings.kept_source_max_bytes,
        ),
        failures=RememberedFailures(BoundedMemoryCache(max_bytes=FAILURES_BYTES)),
        spool_directory=spool_directory,
        ttls=Ttls(
            default_seconds=settings.default_ttl_seconds, max_seconds=settings.max_ttl_seconds
        ),
    )
    fetches = Fetches(asking, leases=leases)
    stack.push_async_callback(fetches.close)
    return SourceOpener(
        fetches=fetches,
        inside=inside,
        spool_directory=spool_directory,
        default_ttl_seconds=settings.default_ttl_seconds,
    )
