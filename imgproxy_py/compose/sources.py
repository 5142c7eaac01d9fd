"""What brings sources: fetching, what is kept of them, and who asks again for what is stale."""

from contextlib import AsyncExitStack
from pathlib import Path

from imgproxy_py.compose.limits import fetch_policy
from imgproxy_py.compose.store import StoreParts
from imgproxy_py.service.asking import Asking
from imgproxy_py.service.fetches import Fetches
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.kept_sources import FOLDER, KeptSources
from imgproxy_py.service.remembered_failures import RememberedFailures
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.source_facts import Ttls
from imgproxy_py.settings import Settings
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache

# A few thousand failures; what is more is forgotten sooner.
FAILURES_BYTES = 4 << 20


async def start_sources(
    settings: Settings, store: StoreParts, stack: AsyncExitStack
) -> SourceOpener:
    """Whoever opens sources for requests, orders and jobs alike.

    What lies under our own URLs is read once `inside.optimize` is set.
    """
    fetcher = Fetcher(fetch_policy(settings))
    stack.push_async_callback(fetcher.close)
    await fetcher.start()
    spool_directory = _spool_directory(settings)
    fetches = Fetches(_asking(settings, fetcher, store, spool_directory), leases=store.leases)
    stack.push_async_callback(fetches.close)
    return SourceOpener(
        fetches=fetches,
        inside=Inside(
            public_url=settings.public_url,
            spool_directory=spool_directory,
            max_source_bytes=settings.max_source_bytes,
            results=store.results,
        ),
        spool_directory=spool_directory,
        default_ttl_seconds=settings.default_ttl_seconds,
    )


def _asking(
    settings: Settings, fetcher: Fetcher, store: StoreParts, spool_directory: Path
) -> Asking:
    return Asking(
        fetcher=fetcher,
        records=store.results.records,
        kept=KeptSources(
            contents=Contents(blobs=store.blobs, folder=FOLDER),
            spool_directory=spool_directory,
            max_bytes=settings.kept_source_max_bytes,
        ),
        failures=RememberedFailures(BoundedMemoryCache(max_bytes=FAILURES_BYTES)),
        spool_directory=spool_directory,
        ttls=Ttls(
            default_seconds=settings.default_ttl_seconds, max_seconds=settings.max_ttl_seconds
        ),
    )


def _spool_directory(settings: Settings) -> Path:
    directory = settings.data_dir / "spool"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
