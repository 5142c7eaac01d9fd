"""Chunks in the database: what comes into a batch, and as which of its files."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import MAX_FILES_IN_BATCH, Chunk, Rejection
from imgproxy_py.jobs.batch_repository import batch_of, find_row
from imgproxy_py.jobs.errors import BatchTooLarge
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.rows import job_of
from imgproxy_py.jobs.tables import batch_chunks, batch_rejections, batches, jobs


def _now() -> datetime:
    return datetime.now(UTC)


class ChunkRepository:
    """`now` gives the time at which a batch begins."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._now = now

    async def open_chunk(
        self, account_id: str, client_batch_id: str, *, request_sha256: str, files: int
    ) -> Chunk:
        """Room for a request's files in its batch, which is made when there is none.

        One transaction gives chunk and files their numbers, so chunks that come at the same time
        get different ones. The same request gets the same room again. BatchTooLarge.
        """
        async with self._database.begin() as session:
            row = await self._batch_row(session, account_id, client_batch_id)
            known = await _known_chunk(session, row, request_sha256)
            if known is not None:
                return known
            total_files = row["total_files"] + files
            if total_files > MAX_FILES_IN_BATCH:
                raise BatchTooLarge(files=row["total_files"], max_files=MAX_FILES_IN_BATCH)
            number = row["chunks"] + 1
            await session.execute(
                update(batches)
                .where(batches.c.id == row["id"])
                .values(chunks=number, total_files=total_files)
            )
            values = {"number": number, "first_number": row["total_files"], "files": files}
            await session.execute(
                insert(batch_chunks).values(
                    batch_id=row["id"], request_sha256=request_sha256, **values
                )
            )
        return Chunk(batch=batch_of(row), total_files=total_files, **values)

    async def jobs_of(self, chunk: Chunk) -> tuple[Job, ...]:
        """The jobs that were made of a chunk, in their order."""
        query = (
            select(jobs)
            .where(jobs.c.batch_id == chunk.batch.id, jobs.c.number >= chunk.first_number)
            .where(jobs.c.number < chunk.first_number + chunk.files)
            .order_by(jobs.c.number)
        )
        async with self._database.session() as session:
            return tuple(job_of(row) for row in (await session.execute(query)).mappings())

    async def note_rejections(self, chunk: Chunk, rejected: Sequence[Rejection]) -> None:
        """Instead of those that were noted for the chunk before."""
        place = {"batch_id": chunk.batch.id, "chunk": chunk.number}
        rows = [
            {**place, "filename": each.filename, "code": each.code, "message": each.message}
            for each in rejected
        ]
        async with self._database.begin() as session:
            await session.execute(
                delete(batch_rejections).where(
                    batch_rejections.c.batch_id == chunk.batch.id,
                    batch_rejections.c.chunk == chunk.number,
                )
            )
            if rows:
                await session.execute(insert(batch_rejections), rows)

    async def _batch_row(
        self, session: AsyncSession, account_id: str, client_batch_id: str
    ) -> Mapping[Any, Any]:
        row = await find_row(session, account_id, client_batch_id)
        if row is not None:
            return row
        new: dict[str, Any] = {
            "id": uuid4().hex,
            "account_id": account_id,
            "client_batch_id": client_batch_id,
            "chunks": 0,
            "total_files": 0,
            "created_at": self._now(),
        }
        await session.execute(insert(batches).values(new))
        return new


async def _known_chunk(
    session: AsyncSession, batch: Mapping[Any, Any], request_sha256: str
) -> Chunk | None:
    query = select(batch_chunks).where(
        batch_chunks.c.batch_id == batch["id"], batch_chunks.c.request_sha256 == request_sha256
    )
    row = (await session.execute(query)).mappings().first()
    if row is None:
        return None
    return Chunk(
        batch=batch_of(batch),
        number=row["number"],
        first_number=row["first_number"],
        files=row["files"],
        total_files=batch["total_files"],
        is_known=True,
    )
