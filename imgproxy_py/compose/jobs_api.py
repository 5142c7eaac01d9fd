"""Jobs and batches as the API offers them: their routes, joined with what runs behind them."""

from dataclasses import replace

from imgproxy_py.compose.jobs import JobParts
from imgproxy_py.compose.limits import limits
from imgproxy_py.compose.parts import Parts
from imgproxy_py.jobs.batch_account import AccountBatches
from imgproxy_py.jobs.batch_archive import BatchArchives
from imgproxy_py.jobs.batch_chunks import ChunkRepository
from imgproxy_py.jobs.batch_desk import BatchDesk
from imgproxy_py.jobs.batch_limits import MAX_FILES_IN_CHUNK
from imgproxy_py.jobs.batch_picks import BatchPicks
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.known_layouts import KnownLayouts
from imgproxy_py.jobs.once import OnceDesk
from imgproxy_py.jobs.result_place import ResultPlaces
from imgproxy_py.web.api.batch_events import BatchEventsApi
from imgproxy_py.web.api.batch_zip import BatchZipApi
from imgproxy_py.web.api.batches import BatchesApi
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.idempotent import Idempotency
from imgproxy_py.web.api.jobs import JobsApi
from imgproxy_py.web.api.open_streams import OpenStreams
from imgproxy_py.web.api.routes import Route


def job_routes(
    parts: Parts, jobs: JobParts, body_limits: BodyLimits, idempotency: Idempotency
) -> tuple[Route, ...]:
    return JobsApi(
        desk=jobs.desk,
        once=OnceDesk(desk=jobs.desk, repository=jobs.repository),
        repository=jobs.repository,
        batches=BatchRepository(parts.accounts.database),
        quota=parts.accounts.meter,
        idempotency=idempotency,
        limits=body_limits,
        public_url=parts.settings.public_url,
    ).routes()


def batch_routes(
    parts: Parts, jobs: JobParts, body_limits: BodyLimits, idempotency: Idempotency
) -> tuple[Route, ...]:
    repository = BatchRepository(parts.accounts.database)
    streams = OpenStreams()
    batches = BatchesApi(
        desk=_desk(parts, jobs),
        repository=repository,
        of_account=AccountBatches(parts.accounts.database, on_cancelled=jobs.desk.on_cancelled),
        idempotency=idempotency,
        limits=_chunk_limits(body_limits),
        public_url=parts.settings.public_url,
    )
    events = BatchEventsApi(
        repository=repository,
        watch=jobs.watch,
        streams=streams,
        is_stopping=parts.is_stopping,
    )
    return (*batches.routes(), *events.routes(), *_zip(parts, repository, streams))


def _zip(parts: Parts, repository: BatchRepository, streams: OpenStreams) -> tuple[Route, ...]:
    database, places = parts.accounts.database, ResultPlaces(results=parts.story.results)
    archives = BatchArchives(database=database, places=places)
    return BatchZipApi(
        repository=repository,
        layouts=KnownLayouts(archives.archive),
        picks=BatchPicks(database=database, places=places),
        blobs=parts.story.blobs,
        streams=streams,
    ).routes()


def _desk(parts: Parts, jobs: JobParts) -> BatchDesk:
    return BatchDesk(
        chunks=ChunkRepository(parts.accounts.database),
        desk=jobs.desk,
        quota=parts.accounts.meter,
        limits=limits(parts.settings),
        check_callback=jobs.check_callback,
        on_taken=lambda _batch_id: jobs.ends.wake(),
    )


def _chunk_limits(one: BodyLimits) -> BodyLimits:
    """A chunk may take as long as its files would, sent one by one."""
    return replace(one, total_timeout_seconds=one.total_timeout_seconds * MAX_FILES_IN_CHUNK)
