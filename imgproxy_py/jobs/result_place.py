"""Where the bytes of a job's result lie now, long after the job has ended."""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from imgproxy_py.engine.formats import FORMATS
from imgproxy_py.moments import utc_now
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.results import StoredResults
from imgproxy_py.store.key import LIBRARY, contents_path
from imgproxy_py.store.records import ResultRecord

_EXTENSIONS = {row.media_type: row.extension for row in FORMATS.values()}


class ResultFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of a stored Delivery; the rest of its JSON is skipped."""

    path: str
    result_bytes: int
    media_type: str
    sha256: str
    crc32: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Bytes in the store, until `expires_at`; what does not expire lies in the library."""

    expires_at: datetime | None
    sha256: str
    size_bytes: int
    crc32: int
    extension: str

    @property
    def folder(self) -> str:
        """As in store/contents.py."""
        return LIBRARY if self.expires_at is None else ""

    @property
    def blob_key(self) -> str:
        return self.folder + contents_path(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPlaces:
    """`now` gives the time in UTC."""

    results: StoredResults
    now: Callable[[], datetime] = utc_now

    async def find(self, figures: ResultFigures) -> Place | None:
        """None when the result has expired or was pruned.

        What the account asked for once more since may have been given more time, kept for good or
        made better: then the record under its URL says where it is.
        """
        place = _as_delivered(figures)
        is_in_time = figures.expires_at is None or figures.expires_at > self.now()
        blobs = self.results.contents.blobs
        if not is_in_time or await blobs.size(place.blob_key) != place.size_bytes:
            try:
                place = _as_recorded(await self.results.look(figures.path.rpartition("/")[2]))
            except ResultNotFound:
                return None
        return place if place.crc32 else await self._with_checksum(place)

    async def _with_checksum(self, place: Place) -> Place | None:
        """Of a result from before checksums were kept."""
        data = await self.results.contents.blobs.get(place.blob_key)
        if data is None:
            return None
        return replace(place, crc32=await asyncio.to_thread(zlib.crc32, data))


def _as_delivered(figures: ResultFigures) -> Place:
    return Place(
        expires_at=figures.expires_at,
        sha256=figures.sha256,
        size_bytes=figures.result_bytes,
        crc32=figures.crc32,
        extension=_EXTENSIONS[figures.media_type],
    )


def _as_recorded(record: ResultRecord) -> Place:
    return Place(
        expires_at=record.expires_at,
        sha256=record.sha256,
        size_bytes=record.bytes,
        crc32=record.crc32,
        extension=record.extension,
    )
