"""Jobs: where they are handed in, who works on them, who announces them; started."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

from imgproxy_py.compose.limits import fetch_policy
from imgproxy_py.compose.parts import Parts
from imgproxy_py.compose.running import keep_running
from imgproxy_py.jobs.attempt import Attempts
from imgproxy_py.jobs.batch_callbacks import BatchCallbackRows, BatchEnds
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.batch_watch import BatchWatch
from imgproxy_py.jobs.broker import News, make_broker
from imgproxy_py.jobs.callback_rows import CallbackRows
from imgproxy_py.jobs.callbacks import CallbackLetters, CallbackSender, Rows, callback_check
from imgproxy_py.jobs.desk import JobDesk
from imgproxy_py.jobs.gate import EngineGate
from imgproxy_py.jobs.identities import Identities
from imgproxy_py.jobs.in_hand import Bounds
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.leases import Leases
from imgproxy_py.jobs.reconcile import Reconciler
from imgproxy_py.jobs.repository import JobRepository
from imgproxy_py.jobs.retention import Retention
from imgproxy_py.jobs.runner import JobRunner
from imgproxy_py.jobs.spending import SpendingLater
from imgproxy_py.jobs.uploads import Uploads
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.settings import Settings
from imgproxy_py.sources.callback import Callbacks
from imgproxy_py.store.secret_keys import load_secret_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParts:
    """`runner` is None where another process works on the jobs. `watch` hears of what ends here."""

    repository: JobRepository
    desk: JobDesk
    ends: BatchEnds
    watch: BatchWatch
    check_callback: Callable[[str], None]
    runner: JobRunner | None


async def start_jobs(parts: Parts, *, runs_jobs: bool = True) -> JobParts:
    """The queue, and unless `runs_jobs` says otherwise everything that empties it."""
    database, meter = parts.accounts.database, parts.accounts.meter
    repository = JobRepository(database)
    uploads = Uploads(parts.story.blobs, spool_directory=parts.story.spool_directory)
    poster = Callbacks(fetch_policy(parts.settings))
    parts.stack.push_async_callback(poster.close)
    sender = _sender(parts, poster, CallbackRows(database))
    of_batches = _sender(parts, poster, BatchCallbackRows(database, BatchRepository(database)))
    ends = BatchEnds(database, on_due=of_batches.wake)
    watch = BatchWatch(BatchRepository(database).progress)
    runner = _runner(parts, uploads, sender, ends, watch) if runs_jobs else None
    news = await _news(parts, runner)
    if runner is not None:
        _start(parts, runner, sender, uploads, ends)
        keep_running(parts.stack, of_batches.run())
    check_callback = callback_check(poster)
    desk = JobDesk(
        repository=repository,
        meter=meter,
        uploads=uploads,
        news=news,
        check_callback=check_callback,
        on_cancelled=partial(_end_elsewhere, runner, sender, ends),
    )
    return JobParts(
        repository=repository,
        desk=desk,
        ends=ends,
        watch=watch,
        check_callback=check_callback,
        runner=runner,
    )


async def _news(parts: Parts, runner: JobRunner | None) -> News:
    """What others hand in wakes the runner, where there is one."""
    news = News(
        make_broker(parts.settings.queue_url), (lambda: None) if runner is None else runner.wake
    )
    await news.start()
    parts.stack.push_async_callback(news.close)
    return news


def _end_elsewhere(
    runner: JobRunner | None, sender: CallbackSender, ends: BatchEnds, job_id: str
) -> None:
    """A job was cancelled: it is let go, and announced."""
    if runner is not None:
        runner.abandon(job_id)
    sender.wake()
    ends.wake()


def _sender(parts: Parts, poster: Callbacks, rows: Rows) -> CallbackSender:
    settings = parts.settings
    letters = CallbackLetters(
        public_url=settings.public_url,
        server_secrets=load_secret_keys(settings.data_dir, settings.secret_keys),
    )
    return CallbackSender(rows=rows, poster=poster, letters=letters)


def _runner(
    parts: Parts, uploads: Uploads, sender: CallbackSender, ends: BatchEnds, watch: BatchWatch
) -> JobRunner:
    accounts = parts.accounts
    spending = SpendingLater(accounts.meter)
    attempts = Attempts(
        desk=_desk(parts, spending),
        spending=spending,
        meter=accounts.meter,
        identities=Identities(accounts.database, plans=accounts.plans),
        uploads=uploads,
    )

    def on_finished(job: Job) -> None:
        if job.callback_url:
            sender.wake()
        if job.batch_id:
            ends.wake()
            watch.hear(job.batch_id)

    return JobRunner(
        Leases(accounts.database, owner=uuid4().hex),
        attempts,
        bounds=_bounds(parts.settings),
        is_stopping=parts.is_stopping,
        on_finished=on_finished,
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


def _start(
    parts: Parts, runner: JobRunner, sender: CallbackSender, uploads: Uploads, ends: BatchEnds
) -> None:
    reconciler = Reconciler(
        parts.accounts.database, uploads, on_requeued=runner.wake, on_finished=sender.wake
    )
    retention = Retention(
        parts.accounts.database, kept=timedelta(seconds=parts.settings.job_ttl_seconds)
    )
    keep_running(parts.stack, sender.run())
    keep_running(parts.stack, reconciler.run())
    keep_running(parts.stack, retention.run())
    keep_running(parts.stack, ends.run())
    runner.start()

    async def stop() -> None:
        await runner.close(grace_seconds=parts.settings.drain_seconds)

    parts.stack.push_async_callback(stop)
