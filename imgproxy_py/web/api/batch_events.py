"""`/api/v1/batches/{client_batch_id}/events`: progress as Server-Sent Events.

The format is that of HTML's section 9.2. Every event says where the batch stands, so one that was
missed is no loss: a client that comes back with `Last-Event-ID` hears of what is new to it.
"""

import json
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from imgproxy_py.jobs.batch import Batch, BatchProgress
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.batch_watch import BatchWatch
from imgproxy_py.web.api.batches import BATCH
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.open_streams import OpenStreams
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.reply import SAFE_HEADERS, Reply

# Proxies close connections on which nothing comes for a minute or less.
KEEP_ALIVE_SECONDS = 15.0
# How soon a stream notices that the server stops.
_LOOK_UP_SECONDS = 1.0
# A client that wants more comes back: its key is looked at again then.
MAX_STREAM_SECONDS = 3600.0
_DONE = "done."
_RETRY = b"retry: 3000\n\n"

_HEADERS = (
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-store"),
    # nginx gathers answers otherwise ("ngx_http_proxy_module", proxy_buffering).
    ("X-Accel-Buffering", "no"),
    *SAFE_HEADERS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEventsApi:
    repository: BatchRepository
    watch: BatchWatch
    streams: OpenStreams
    is_stopping: Callable[[], bool]
    keep_alive_seconds: float = KEEP_ALIVE_SECONDS

    def routes(self) -> tuple[Route, ...]:
        return (Route(method="GET", template=f"{BATCH}/events", handler=self._events),)

    async def _events(self, call: ApiCall) -> Reply:
        account_id = call.caller.account.id
        heard = call.head.headers.get(b"last-event-id", "")
        with self.streams.claim(account_id) as claim:
            batch = await self.repository.find(account_id, call.parameters["client_batch_id"])
            if heard.startswith(_DONE) and heard == await self._last_id(batch):
                # To an EventSource that comes back after the end: no more (section 9.2.1).
                return Reply(status=204, headers=SAFE_HEADERS)
            stream = claim.hand_to(self._stream(batch, heard or None))
            return Reply(status=200, headers=_HEADERS, stream=stream)

    async def _last_id(self, batch: Batch) -> str:
        return _id_of(await self.repository.progress(batch.id))

    async def _stream(self, batch: Batch, heard: str | None) -> AsyncGenerator[bytes, None]:
        """Ends when the batch is finished, when the server stops, and after an hour."""
        yield _RETRY
        began_at = spoke_at = time.monotonic()
        async with self.watch.watching(batch.id) as watching:
            while not self.is_stopping() and time.monotonic() - began_at < MAX_STREAM_SECONDS:
                progress = await watching.next(heard, seconds=_LOOK_UP_SECONDS)
                if progress is not None:
                    heard, spoke_at = progress.version, time.monotonic()
                    yield _event("progress", progress)
                    if progress.is_finished:
                        yield _event("done", progress, event_id=_id_of(progress))
                        return
                elif time.monotonic() - spoke_at >= self.keep_alive_seconds:
                    spoke_at = time.monotonic()
                    yield b": keep-alive\n\n"


def _id_of(progress: BatchProgress) -> str:
    """Of the last event, when there is nothing left to do."""
    return f"{_DONE}{progress.version}" if progress.is_finished else progress.version


def _event(name: str, progress: BatchProgress, *, event_id: str | None = None) -> bytes:
    data = json.dumps(progress.as_json())
    return f"id: {event_id or progress.version}\nevent: {name}\ndata: {data}\n\n".encode()
