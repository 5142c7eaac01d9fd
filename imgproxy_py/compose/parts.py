"""What the parts of a server share once they are started."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.bootstrap import BootstrapResult
from imgproxy_py.accounts.directory import AccountDirectory
from imgproxy_py.accounts.errors import PlanMissing
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.keyring import KeyRing
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.rate_limit import RateLimiter
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.url_access import UrlAccess
from imgproxy_py.database.database import Database
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.purge import Purger
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.settings import Settings
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.workers.pool import EnginePool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """`limiter` counts a minute's requests on all surfaces together. `first_account` is set only at
    the start that made it."""

    database: Database
    plans: Mapping[str, Plan]
    repository: AccountRepository
    directory: AccountDirectory
    access: UrlAccess
    keys: KeyRing
    meter: Meter
    limiter: RateLimiter
    first_account: BootstrapResult | None

    def pace(self, account: Account) -> None:
        """Count one request for work by username; RateLimited when it came too soon."""
        plan = self.plans.get(account.plan)
        if plan is None:
            raise PlanMissing(account.plan)
        self.limiter.take(Identity(account=account, plan=plan)).require_allowed()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryParts:
    """What optimizes one picture. `secret` is the newest of the server's secret keys."""

    pool: EnginePool
    blobs: BlobStore
    results: StoredResults
    sources: SourceOpener
    optimizer: Optimizer
    purger: Purger
    desk: OrderDesk
    spool_directory: Path
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`stack` takes down what was started, in reverse order."""

    settings: Settings
    stack: AsyncExitStack
    accounts: AccountParts
    story: StoryParts
    is_stopping: Callable[[], bool]
