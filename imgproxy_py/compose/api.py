"""The API: its routes, and what runs behind them."""

from imgproxy_py.compose.jobs import start_jobs
from imgproxy_py.compose.jobs_api import batch_routes, job_routes
from imgproxy_py.compose.limits import limits
from imgproxy_py.compose.parts import Parts
from imgproxy_py.compose.tinify_api import tinify_routes
from imgproxy_py.jobs.idempotency import IdempotencyKeys
from imgproxy_py.service.verify import Verifier
from imgproxy_py.web.api.account import AccountApi
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.cache import CacheApi
from imgproxy_py.web.api.idempotent import Idempotency
from imgproxy_py.web.api.keys import KeysApi
from imgproxy_py.web.api.library import LibraryApi
from imgproxy_py.web.api.optimize import OptimizeApi
from imgproxy_py.web.api.routes import Route, RouteTable
from imgproxy_py.web.api.surface import ApiSurface
from imgproxy_py.web.api.usage import UsageApi
from imgproxy_py.web.tinify.replies import error_reply
from imgproxy_py.web.verify_api import VerifyApi


async def start_api(parts: Parts) -> ApiSurface:
    """Every route of the API, ready to answer."""
    body_limits = BodyLimits(
        spool_directory=parts.story.spool_directory,
        max_source_bytes=parts.settings.max_source_bytes,
        idle_timeout_seconds=parts.settings.idle_seconds,
        total_timeout_seconds=parts.settings.fetch_seconds,
    )
    idempotency = Idempotency(keys=IdempotencyKeys(parts.accounts.database))
    jobs = await start_jobs(parts, runs_jobs=parts.settings.run_jobs)
    return ApiSurface(
        table=RouteTable(
            (
                *_verify(parts, body_limits),
                *_optimize(parts, body_limits, idempotency),
                *_account(parts, body_limits, idempotency),
                *(await _cache(parts)),
                *job_routes(parts, jobs, body_limits, idempotency),
                *batch_routes(parts, jobs, body_limits, idempotency),
                *tinify_routes(parts, body_limits),
                *_library(parts),
            )
        ),
        keys=parts.accounts.keys,
        limiter=parts.accounts.limiter,
        refusals={"shrink": error_reply, "output": error_reply},
    )


async def _cache(parts: Parts) -> tuple[Route, ...]:
    usernames = parts.settings.purge_accounts
    if not usernames:
        oldest = (await parts.accounts.repository.list_accounts())[0]
        usernames = (oldest.username,)
    return CacheApi(purger=parts.story.purger, usernames=usernames).routes()


def _verify(parts: Parts, body_limits: BodyLimits) -> tuple[Route, ...]:
    story = parts.story
    verifier = Verifier(
        engine=story.pool, limits=limits(parts.settings), spool_directory=story.spool_directory
    )
    return VerifyApi(verifier=verifier, sources=story.sources, limits=body_limits).routes()


def _optimize(parts: Parts, body_limits: BodyLimits, idempotency: Idempotency) -> tuple[Route, ...]:
    return OptimizeApi(
        desk=parts.story.desk,
        limits=body_limits,
        public_url=parts.settings.public_url,
        idempotency=idempotency,
    ).routes()


def _library(parts: Parts) -> tuple[Route, ...]:
    return LibraryApi(
        libraries=parts.story.desk.libraries, public_url=parts.settings.public_url
    ).routes()


def _account(parts: Parts, body_limits: BodyLimits, idempotency: Idempotency) -> tuple[Route, ...]:
    accounts = parts.accounts
    keys = KeysApi(
        repository=accounts.repository,
        ring=accounts.keys,
        idempotency=idempotency,
        limits=body_limits,
    )
    return (
        *AccountApi(meter=accounts.meter).routes(),
        *UsageApi(meter=accounts.meter, repository=accounts.repository).routes(),
        *keys.routes(),
    )
