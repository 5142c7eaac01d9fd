"""What optimizes one picture: engine processes, the store, sources, and the story itself."""

from contextlib import AsyncExitStack

from imgproxy_py.accounts.library import Library
from imgproxy_py.compose.engine import EngineParts, start_engine
from imgproxy_py.compose.limits import limits
from imgproxy_py.compose.parts import AccountParts, StoryParts
from imgproxy_py.compose.sources import start_sources
from imgproxy_py.compose.store import StoreParts, start_store
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.service.known import Known
from imgproxy_py.service.library import Libraries
from imgproxy_py.service.making import Maker
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.purge import Purger
from imgproxy_py.service.renewing import Renewer
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.together import Together
from imgproxy_py.settings import Settings


async def start_story(
    settings: Settings, accounts: AccountParts, stack: AsyncExitStack
) -> StoryParts:
    """Everything between a request and its result; engine processes are ready when it returns."""
    store = await start_store(settings, stack)
    engine = await start_engine(settings, store.results, stack)
    sources = await start_sources(settings, store, stack)
    optimizer = _optimizer(settings, accounts, store, engine, sources, stack)
    sources.inside.optimize = optimizer.optimize
    return StoryParts(
        pool=engine.pool,
        blobs=store.blobs,
        results=store.results,
        sources=sources,
        optimizer=optimizer,
        purger=_purger(settings, store, sources),
        desk=_desk(settings, accounts, optimizer),
        spool_directory=sources.spool_directory,
        secret=store.secret,
    )


def _optimizer(
    settings: Settings,
    accounts: AccountParts,
    store: StoreParts,
    engine: EngineParts,
    sources: SourceOpener,
    stack: AsyncExitStack,
) -> Optimizer:
    renewer = _renewer(settings, accounts, store, engine, sources)
    stack.push_async_callback(renewer.close)
    return Optimizer(
        accounts=accounts.directory,
        meter=accounts.meter,
        results=store.results,
        sources=sources,
        engine=engine.pool,
        limits=limits(settings),
        pace=accounts.pace,
        access=accounts.access,
        refiner=engine.refiner,
        renewer=renewer,
        together=Together(store.leases),
    )


def _renewer(
    settings: Settings,
    accounts: AccountParts,
    store: StoreParts,
    engine: EngineParts,
    sources: SourceOpener,
) -> Renewer:
    maker = Maker(
        engine=engine.idle,
        limits=limits(settings),
        known=Known(results=store.results, refiner=engine.refiner),
        results=store.results,
        refiner=engine.refiner,
    )
    return Renewer(sources=sources, maker=maker, meter=accounts.meter, pace=accounts.pace)


def _purger(settings: Settings, store: StoreParts, sources: SourceOpener) -> Purger:
    asking = sources.fetches.asking
    return Purger(
        purges=store.purges,
        records=store.results.records,
        kept=asking.kept.contents,
        public_url=settings.public_url,
        failures=asking.failures,
    )


def _desk(settings: Settings, accounts: AccountParts, optimizer: Optimizer) -> OrderDesk:
    results = optimizer.results
    return OrderDesk(
        optimizer=optimizer,
        meter=accounts.meter,
        results=results,
        libraries=Libraries(results=results, library=Library(accounts.database)),
        result_ttl_seconds=settings.result_ttl_seconds,
    )
