"""An order desk over a scripted engine, and over the real meter and the real store."""

import asyncio
import hashlib
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.library import Library
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.service.inside import Inside
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.library import Libraries
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.order import Order
from imgproxy_py.service.results import StoredResults
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.key import LIBRARY
from imgproxy_py.store.records import Records
from imgproxy_py.workers.source_file import SourceFile
from options_grammar import cache_text, parse
from tests.service.opening import opener
from tests.service.refining import QUICK

TEN = Plan(name="ten", max_keys=None, max_requests_per_minute=None, max_images_per_month=10)
TTL_SECONDS = 3600.0


@dataclass(kw_only=True)
class OneEngine:
    """Gives `makes`, or raises it; counts how often it was asked."""

    makes: Optimized | Meta | Exception = QUICK
    runs: int = 0

    async def run(self, job: Job, spool: SourceFile, *, deadline: float) -> Optimized | Meta:
        self.runs += 1
        await asyncio.sleep(0)
        if isinstance(self.makes, Exception):
            raise self.makes
        return self.makes


@dataclass(kw_only=True)
class Ordering:
    """`clock` is added to the time of results; `folder` is where they lie."""

    desk: OrderDesk
    engine: OneEngine
    meter: Meter
    results: StoredResults
    accounts: dict[str, Account]
    folder: Path
    spools: Path
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def order(
        self,
        source: bytes = b"source",
        *,
        account: str = "ada",
        options: str = "10",
        reservation_id: str | None = None,
        keeps_result: bool = False,
        name: str = "photo.jpg",
    ) -> Delivery:
        spool = Spool(self.spools, max_source_bytes=1 << 20, expected_bytes=len(source))
        spool.write(source)
        spool.finish()
        with spool:
            order = self._order(account, options)
            return await self.desk.fulfil(
                replace(
                    order,
                    source_url=None,
                    upload=spool,
                    upload_name=name,
                    keeps_result=keeps_result,
                    reservation_id=reservation_id,
                )
            )

    async def order_url(self, url: str, *, account: str, options: str = "10") -> Delivery:
        return await self.desk.fulfil(replace(self._order(account, options), source_url=url))

    def _order(self, account: str, options: str) -> Order:
        return Order(
            identity=self.identity(account),
            options=parse(options).options,
            deadline=time.monotonic() + 10,
            source_url="http://x/",
        )

    def identity(self, account: str) -> Identity:
        return Identity(account=self.accounts[account], plan=TEN)

    async def refine(self, data: bytes, source: bytes = b"source", options: str = "10") -> str:
        """Replace the bytes of the shared result, as refinement does; their hash is given back."""
        text = cache_text(parse(options).options)
        keys = Keys(options_text=text, accepts=(), source=None)
        id_of_result = self.results.result_id(keys.result(hashlib.sha256(source).hexdigest()))
        record = await self.results.records.result(id_of_result)
        assert record is not None
        sha256 = hashlib.sha256(data).hexdigest()
        record = replace(
            record,
            sha256=sha256,
            bytes=len(data),
            crc32=zlib.crc32(data),
            is_provisional=False,
        )
        await self.results.contents.put(data, sha256=sha256)
        await self.results.records.put_result(record)
        return sha256

    async def used(self, account: str = "ada") -> int:
        """Images of the month; none is left reserved."""
        month = await self.meter.month(self.accounts[account])
        assert month.reserved == 0
        return month.used

    async def hits(self, account: str = "ada") -> tuple[int, int, int]:
        """Images, hits and failures of the report."""
        report = await self.meter.report(self.accounts[account], f"{datetime.now(UTC):%Y-%m}")
        return report.total.images, report.total.cache_hits, report.total.failures


@asynccontextmanager
async def ordering(directory: Path) -> AsyncIterator[Ordering]:
    """Two accounts of ten images a month, `ada` and `bob`."""
    url = f"sqlite:///{directory}/orders.db"
    await migrate(url)
    database = Database(url)
    plans = {"ten": TEN}
    repository = AccountRepository(database, plans=plans)
    accounts = {name: await repository.create(name, plan="ten") for name in ("ada", "bob")}
    meter = Meter(database, plans=plans)
    try:
        yield _ordering(directory, meter, accounts, Library(database))
    finally:
        await meter.close()
        await database.dispose()


def _ordering(
    directory: Path, meter: Meter, accounts: dict[str, Account], library_rows: Library
) -> Ordering:
    folder, spools = directory / "results", directory / "spools"
    spools.mkdir()
    blobs = BlobStore(folder.as_uri())
    memory = BoundedMemoryCache(max_bytes=1 << 20)
    ordering: Ordering

    def now() -> datetime:
        return ordering.now()

    library = StoredResults(
        contents=Contents(blobs=blobs, memory=memory, folder=LIBRARY),
        records=Records(blobs, memory=memory, folder=LIBRARY),
        secret=b"s" * 32,
    )
    results = replace(
        library,
        contents=Contents(blobs=blobs, memory=memory),
        records=Records(blobs, memory=memory),
        library=library,
        now=now,
    )
    engine = OneEngine()
    optimizer = _optimizer(engine, meter, results, spools, accounts)
    ordering = Ordering(
        desk=OrderDesk(
            optimizer=optimizer,
            meter=meter,
            results=results,
            libraries=Libraries(results=results, library=library_rows),
            result_ttl_seconds=TTL_SECONDS,
        ),
        engine=engine,
        meter=meter,
        results=results,
        accounts=accounts,
        folder=folder,
        spools=spools,
    )
    return ordering


def _optimizer(
    engine: OneEngine,
    meter: Meter,
    results: StoredResults,
    spools: Path,
    accounts: Mapping[str, Account],
) -> Optimizer:
    inside = Inside(
        public_url="http://x", spool_directory=spools, max_source_bytes=1 << 20, results=results
    )
    return Optimizer(
        accounts=Known(accounts=accounts),
        meter=meter,
        results=results,
        sources=opener(Fetcher(FetchPolicy()), inside, results, spools),
        engine=engine,
        limits=Limits(),
    )


@dataclass(frozen=True, kw_only=True)
class Known:
    """The accounts by their usernames."""

    accounts: Mapping[str, Account]

    async def find(self, username: str) -> Account:
        return self.accounts[username]
