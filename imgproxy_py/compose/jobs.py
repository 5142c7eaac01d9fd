"""Jobs: where they are handed in, who works on them, who announces them; started."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

from imgproxy_py.compose.parts import Parts
from imgproxy_py.compose.story import fetch_policy
from imgproxy_py.jobs.attempt import Attempts
from imgproxy_py.jobs.broker import News, make_broker
from imgproxy_py.jobs.callback_rows import CallbackRows
from imgproxy_py.jobs.callbacks import CallbackLetters, CallbackSender, callback_check
from imgproxy_py.jobs.desk import JobDesk
from imgproxy_py.jobs.gate import EngineGate
from imgproxy_py.jobs.identities import Identities
from imgproxy_py.jobs.in_hand import Bounds
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.reconcile import Reconciler
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.runner import JobRunner
from imgproxy_py.jobs.spending import SpendingLater
from imgproxy_py.jobs.uploads import Uploads
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.settings import Settings
from imgproxy_py.sources.callback import Callbacks
from imgproxy_py.store.secret_keys import load_secret_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParts:
    """`runner` is None where another process works on the jobs."""

    repository: JobRepository
    desk: JobDesk
    runner: JobRunner | None


async def start_jobs(parts: Parts, *, runs_jobs: bool = True) -> JobParts:
    """The queue, and unless `runs_jobs` says otherwise everything that empties it."""
    database, meter = parts.accounts.database, parts.accounts.meter
    repository = JobRepository(database)
    uploads = Uploads(parts.story.blobs, spool_directory=parts.story.spool_directory)
    poster = Callbacks(fetch_policy(parts.settings))
    parts.stack.push_async_callback(poster.close)
    sender = _sender(parts, poster)
    runner = _runner(parts, uploads, sender) if runs_jobs else None

    def on_news() -> None:
        if runner is not None:
            runner.wake()

    def on_cancelled(job_id: str) -> None:
        if runner is not None:
            runner.abandon(job_id)
        sender.wake()

    news = News(make_broker(parts.settings.queue_url), on_news)
    await news.start()
    parts.stack.push_async_callback(news.close)
    if runner is not None:
        _start(parts, runner, sender, uploads)
    desk = JobDesk(
        repository=repository,
        meter=meter,
        uploads=uploads,
        news=news,
        check_callback=callback_check(poster),
        on_cancelled=on_cancelled,
    )
    return JobParts(repository=repository, desk=desk, runner=runner)


def _sender(parts: Parts, poster: Callbacks) -> CallbackSender:
    settings = parts.settings
    letters = CallbackLetters(
        public_url=settings.public_url,
        server_secrets=load_secret_keys(settings.data_dir, settings.secret_keys),
    )
    rows = CallbackRows(parts.accounts.database)
    return CallbackSender(rows=rows, poster=poster, letters=letters)


def _runner(parts: Parts, uploads: Uploads, sender: CallbackSender) -> JobRunner:
    accounts = parts.accounts
    spending = SpendingLater(accounts.meter)
    attempts = Attempts(
        desk=_desk(parts, spending),
        spending=spending,
        meter=accounts.meter,
        identities=Identities(accounts.database, plans=accounts.plans),
        uploads=uploads,
    )
    return JobRunner(
        Leases(accounts.database, owner=uuid4().hex),
        attempts,
        bounds=_bounds(parts.settings),
        is_stopping=parts.is_stopping,
        on_finished=lambda job: sender.wake() if job.callback_url else None,
    )


def _desk(parts: Parts, spending: SpendingLater) -> OrderDesk:
    """The same story, with few of its pictures at a time in the engine's queue."""
    story = parts.story
    gate = EngineGate(story.pool, width=parts.settings.engine_workers)
    optimizer = replace(story.optimizer, meter=spending, engine=gate)
    return replace(story.desk, optimizer=optimizer, meter=spending)


def _bounds(settings: Settings) -> Bounds:
    """More than there are engine processes: the others are fetched or stored meanwhile."""
    at_work = 2 * settings.engine_workers + 2
    return Bounds(at_work=at_work, ahead=2 * at_work)


def _start(parts: Parts, runner: JobRunner, sender: CallbackSender, uploads: Uploads) -> None:
    reconciler = Reconciler(
        parts.accounts.database, uploads, on_requeued=runner.wake, on_finished=sender.wake
    )
    _keep_running(parts, sender.run())
    _keep_running(parts, reconciler.run())
    runner.start()

    async def stop() -> None:
        await runner.close(grace_seconds=parts.settings.drain_seconds)

    parts.stack.push_async_callback(stop)


def _keep_running(parts: Parts, loop: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(loop)

    async def stop() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    parts.stack.push_async_callback(stop)
