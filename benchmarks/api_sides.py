"""The two sides of `benchmarks/api.py`: one story, with everything about accounts and without."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.rate_limit import RateLimiter, RateState
from imgproxy_py.compose.accounts import start_accounts
from imgproxy_py.compose.parts import AccountParts, StoryParts
from imgproxy_py.compose.story import start_story
from imgproxy_py.jobs.idempotency import IdempotencyKeys
from imgproxy_py.settings import Settings
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.idempotent import Idempotency
from imgproxy_py.web.api.optimize import OptimizeApi
from imgproxy_py.web.api.routes import RouteTable
from imgproxy_py.web.api.surface import ApiSurface
from tests.unmetered import Unmetered

KEY = "opt_" + "b" * 43
# Every limit is there, and none is reached.
PLAN = """
[measured]
keys = 3
requests_per_minute = 100000000
images_per_month = 1000000
"""


class NoKeys:
    """Whoever comes is the same one."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def identify(self, plaintext: str) -> Identity:
        return self._identity


class NoLimits:
    def take(self, identity: Identity) -> RateState:
        return RateState(is_allowed=True)


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Two surfaces over one story; `flush` writes what the first one has counted."""

    with_accounts: ApiSurface
    without: ApiSurface
    flush: Callable[[], Awaitable[None]]
    public_url: str


@asynccontextmanager
async def both_sides(directory: Path) -> AsyncIterator[Sides]:
    """A server's parts, without sockets and without jobs."""
    plans = directory / "plans.toml"
    plans.write_text(PLAN)
    settings = Settings(
        data_dir=directory / "data",
        plans_file=plans,
        bootstrap_plan="measured",
        bootstrap_api_key=KEY,
        refine=False,
    )
    async with AsyncExitStack() as stack:
        accounts = await start_accounts(settings, stack)
        story = await start_story(settings, accounts, stack)
        identity = await accounts.keys.identify(KEY)
        yield Sides(
            with_accounts=_surface(settings, accounts, story),
            without=_bare_surface(settings, story, identity),
            flush=accounts.meter.flush,
            public_url=settings.public_url,
        )


def _surface(settings: Settings, accounts: AccountParts, story: StoryParts) -> ApiSurface:
    api = OptimizeApi(
        desk=story.desk,
        limits=_limits(settings, story),
        public_url=settings.public_url,
        idempotency=Idempotency(keys=IdempotencyKeys(accounts.database)),
    )
    return ApiSurface(table=RouteTable(api.routes()), keys=accounts.keys, limiter=RateLimiter())


def _bare_surface(settings: Settings, story: StoryParts, identity: Identity) -> ApiSurface:
    """The same route over the same results, for one who is neither asked nor counted."""
    meter = Unmetered()
    desk = replace(story.desk, optimizer=replace(story.optimizer, meter=meter), meter=meter)
    api = OptimizeApi(desk=desk, limits=_limits(settings, story), public_url=settings.public_url)
    return ApiSurface(table=RouteTable(api.routes()), keys=NoKeys(identity), limiter=NoLimits())


def _limits(settings: Settings, story: StoryParts) -> BodyLimits:
    return BodyLimits(
        spool_directory=story.spool_directory,
        max_source_bytes=settings.max_source_bytes,
        idle_timeout_seconds=settings.idle_seconds,
        total_timeout_seconds=settings.fetch_seconds,
    )
