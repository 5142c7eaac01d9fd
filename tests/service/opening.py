"""An opener of sources over a real store, with the usual lifetimes."""

from pathlib import Path

from imgproxy_py.service.asking import Asking
from imgproxy_py.service.fetches import Fetches
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.kept_sources import FOLDER, KeptSources
from imgproxy_py.service.remembered_failures import RememberedFailures
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.source_facts import Ttls
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache


def opener(fetcher: Fetcher, inside: Inside, results: StoredResults, spools: Path) -> SourceOpener:
    asking = Asking(
        fetcher=fetcher,
        records=results.records,
        kept=KeptSources(
            contents=Contents(blobs=results.contents.blobs, folder=FOLDER),
            spool_directory=spools,
            max_bytes=1 << 20,
        ),
        failures=RememberedFailures(BoundedMemoryCache(max_bytes=1 << 20)),
        spool_directory=spools,
        ttls=Ttls(default_seconds=60, max_seconds=3600),
    )
    return SourceOpener(
        fetches=Fetches(asking), inside=inside, spool_directory=spools, default_ttl_seconds=60
    )
