"""`/api/v1/batches/{client_batch_id}/zip`: the results of a batch as one archive.

Its bytes are known before they are read (jobs/zip_layout.py), so it has a length and a strong
validator, and a download that broke off goes on with a Range.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.batch_picks import MAX_PICKED, BatchPicks, read_numbers
from imgproxy_py.jobs.batch_repository import BatchRepository
from imgproxy_py.jobs.errors import BatchNotFinished
from imgproxy_py.jobs.known_layouts import KnownLayouts
from imgproxy_py.jobs.zip_layout import ZipLayout
from imgproxy_py.jobs.zip_names import safe_stem
from imgproxy_py.jobs.zip_stream import Blobs, zip_bytes
from imgproxy_py.web.api.batches import BATCH
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.open_streams import Claim, OpenStreams
from imgproxy_py.web.api.query import is_on, query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.conditional import (
    Conditions,
    Part,
    http_date,
    is_not_modified,
    part_asked_for,
)
from imgproxy_py.web.errors import QueryInvalid
from imgproxy_py.web.reply import SAFE_HEADERS, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchZipApi:
    """`blobs` is the store in which the results lie."""

    repository: BatchRepository
    layouts: KnownLayouts
    picks: BatchPicks
    blobs: Blobs
    streams: OpenStreams

    def routes(self) -> tuple[Route, ...]:
        return (Route(method="GET", template=f"{BATCH}/zip", handler=self._zip),)

    async def _zip(self, call: ApiCall) -> Reply:
        account_id = call.caller.account.id
        fields = query_of(call)
        is_partial, numbers = is_on(fields, "partial"), _numbers_in(fields)
        with self.streams.claim(account_id) as claim:
            batch = await self.repository.find(account_id, call.parameters["client_batch_id"])
            if numbers is not None:
                layout = await self.picks.layout(batch, numbers)
                return self._reply(batch, layout, call.head.conditions, claim)
            progress = await self.repository.progress(batch.id)
            if not progress.is_finished and not is_partial:
                raise BatchNotFinished(unfinished=progress.unfinished)
            layout = await self.layouts.layout(batch, version=progress.version)
            return self._reply(batch, layout, call.head.conditions, claim)

    def _reply(
        self, batch: Batch, layout: ZipLayout, conditions: Conditions, claim: Claim
    ) -> Reply:
        headers = _headers(batch, layout)
        etag, modified_at = layout.etag, layout.modified_at.timestamp()
        if is_not_modified(conditions, etag=etag, modified_at=modified_at):
            return Reply(status=304, headers=headers)
        total = layout.total_bytes
        part = part_asked_for(conditions, etag=etag, total_bytes=total)
        status, part = (200, Part(0, total)) if part is None else (206, part)
        if status == 206:
            place = f"bytes {part.start}-{part.end - 1}/{total}"
            headers = (*headers, ("Content-Range", place))
        stream = zip_bytes(layout, self.blobs, start=part.start, end=part.end)
        return Reply(
            status=status,
            headers=headers,
            stream=claim.hand_to(stream),
            stream_bytes=part.end - part.start,
        )


def _numbers_in(fields: Mapping[str, str]) -> frozenset[int] | None:
    """Of the files that are asked for; None for all."""
    if "numbers" not in fields:
        return None
    try:
        return read_numbers(fields["numbers"])
    except ValueError as error:
        raise QueryInvalid(
            f'"numbers" in the query are those of up to {MAX_PICKED} files, such as 0,3,17'
        ) from error


def _headers(batch: Batch, layout: ZipLayout) -> tuple[tuple[str, str], ...]:
    """The file is offered under the batch's own name, in both spellings (RFC 6266, 4.3)."""
    stem = safe_stem(batch.client_batch_id)
    plain = stem.encode("ascii", "replace").decode("ascii").replace("?", "_")
    named = f"attachment; filename=\"{plain}.zip\"; filename*=UTF-8''{quote(stem, safe='')}.zip"
    return (
        ("Content-Type", "application/zip"),
        ("Content-Disposition", named),
        ("Cache-Control", "private, no-cache"),
        ("ETag", layout.etag),
        ("Last-Modified", http_date(layout.modified_at.timestamp())),
        ("Accept-Ranges", "bytes"),
        *SAFE_HEADERS,
    )
