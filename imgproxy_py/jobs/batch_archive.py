"""The ZIP of a batch: which results are in it, and under which names."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import select

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.errors import MAX_NAMED, ResultsExpired
from imgproxy_py.jobs.result_place import Place, ResultFigures, ResultPlaces
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs
from imgproxy_py.jobs.zip_layout import ZipLayout
from imgproxy_py.jobs.zip_names import ZipNames
from imgproxy_py.jobs.zip_records import ZipEntry

# Rows that are read, and results that are looked for at the same time; the event loop goes on after
# each slice.
SLICE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A job that has succeeded."""

    filename: str
    finished_at: datetime
    figures: ResultFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """`expires_at` is when the first of its results does; None when none will."""

    layout: ZipLayout
    expires_at: datetime | None


_decoder = msgspec.json.Decoder(ResultFigures)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchArchives:
    database: Database
    places: ResultPlaces

    async def archive(self, batch: Batch) -> Archive:
        """Of everything that has succeeded so far, in the order of the files' numbers.

        ResultsExpired, by the files' own names, when anything of it cannot be had any more.
        """
        names, entries, lost = ZipNames(), list[ZipEntry](), list[str]()
        expires_at: datetime | None = None
        async for slice_ in self._slices(batch):
            places = await asyncio.gather(*(self.places.find(done.figures) for done in slice_))
            for done, place in zip(slice_, places, strict=True):
                if place is None:
                    lost.append(done.filename)
                else:
                    entries.append(_entry(done, place, names))
                    expires_at = _earlier(expires_at, place.expires_at)
        if lost:
            raise ResultsExpired(count=len(lost), names=tuple(lost[:MAX_NAMED]))
        layout = await asyncio.to_thread(_laid_out, entries)
        return Archive(layout=layout, expires_at=expires_at)

    async def _slices(self, batch: Batch) -> AsyncIterator[list[_Done]]:
        last_number: int | None = -1
        while last_number is not None:
            query = (
                select(jobs.c.number, jobs.c.filename, jobs.c.finished_at, jobs.c.result)
                .where(jobs.c.batch_id == batch.id, jobs.c.number > last_number)
                .where(jobs.c.state == State.SUCCEEDED.value)
                .order_by(jobs.c.number)
                .limit(SLICE)
            )
            async with self.database.session() as session:
                rows = (await session.execute(query)).all()
            yield [
                _Done(filename=name, finished_at=finished_at, figures=_decoder.decode(result))
                for _, name, finished_at, result in rows
            ]
            last_number = rows[-1][0] if rows else None


def _entry(done: _Done, place: Place, names: ZipNames) -> ZipEntry:
    return ZipEntry(
        name=names.unique(done.filename, extension=place.extension),
        size_bytes=place.size_bytes,
        crc32=place.crc32,
        sha256=place.sha256,
        modified_at=done.finished_at,
        folder=place.folder,
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """None is never."""
    return min(filter(None, (one, other)), default=None)


def _laid_out(entries: list[ZipEntry]) -> ZipLayout:
    """With everything computed that is long to compute."""
    layout = ZipLayout(entries)
    _ = layout.etag, layout.modified_at
    return layout
