"""Chunks in the database: what comes into a batch, and as which of its files."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Chunk, Rejection
from imgproxy_py.jobs.batch_limits import MAX_FILES_IN_BATCH
from imgproxy_py.jobs.batch_repository import batch_of
from imgproxy_py.jobs.errors import BatchTooLarge
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.rows import job_of
from imgproxy_py.jobs.tables import batch_chunks, batch_rejections, batches, jobs
from imgproxy_py.moments import utc_now


class ChunkRepository:
    """`now` gives the time at which a batch begins."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def open_chunk(
        self, account_id: str, client_batch_id: str, *, request_sha256: str, files: int
    ) -> Chunk:
        """Room for a request's files in its batch, which is made when there is none.

        One transaction gives chunk and files their numbers, so chunks that come at the same time
        get different ones. The same request gets the same room again. BatchTooLarge.
        """

        def opened(connection: Connection) -> Chunk:
            row = self._batch_row(connection, account_id, client_batch_id)
            known = _known_chunk(connection, row, request_sha256)
            return known or _new_chunk(connection, row, request_sha256, files)

        return await self._database.write(opened)

    async def jobs_of(self, chunk: Chunk) -> tuple[Job, ...]:
        """The jobs that were made of a chunk, in their order."""
        query = (
            select(jobs)
            .where(jobs.c.batch_id == chunk.batch.id, jobs.c.number >= chunk.first_number)
            .where(jobs.c.number < chunk.first_number + chunk.files)
            .order_by(jobs.c.number)
        )
        return await self._database.read(
            lambda connection: tuple(job_of(row) for row in connection.execute(query).mappings())
        )

    async def close_chunk(
        self, chunk: Chunk, rejected: Sequence[Rejection], *, callback_url: str | None = None
    ) -> None:
        """Every file has its job, or its rejection here, instead of those noted before.

        Now the batch may be announced when it is finished, at `callback_url` or where an earlier
        chunk said.
        """
        place = {"batch_id": chunk.batch.id, "chunk": chunk.number}
        rows = [
            {**place, "place": each.index, "filename": each.filename}
            | {"code": each.code, "message": each.message}
            for each in rejected
        ]
        values: dict[str, Any] = {"awaits_callback": batches.c.callback_url.is_not(None)}
        if callback_url is not None:
            values = {"awaits_callback": True, "callback_url": callback_url}

        def noted(connection: Connection) -> None:
            connection.execute(
                delete(batch_rejections).where(
                    batch_rejections.c.batch_id == chunk.batch.id,
                    batch_rejections.c.chunk == chunk.number,
                )
            )
            if rows:
                connection.execute(insert(batch_rejections), rows)
            connection.execute(
                update(batches).where(batches.c.id == chunk.batch.id).values(**values)
            )

        await self._database.write(noted)

    def _batch_row(
        self, connection: Connection, account_id: str, client_batch_id: str
    ) -> Mapping[Any, Any]:
        query = select(batches).where(
            batches.c.account_id == account_id, batches.c.client_batch_id == client_batch_id
        )
        row = connection.execute(query).mappings().first()
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
        connection.execute(insert(batches).values(new))
        return new


def _new_chunk(
    connection: Connection, batch: Mapping[Any, Any], request_sha256: str, files: int
) -> Chunk:
    total_files = batch["total_files"] + files
    if total_files > MAX_FILES_IN_BATCH:
        raise BatchTooLarge(files=batch["total_files"], max_files=MAX_FILES_IN_BATCH)
    number = batch["chunks"] + 1
    connection.execute(
        update(batches)
        .where(batches.c.id == batch["id"])
        .values(chunks=number, total_files=total_files)
    )
    values = {"number": number, "first_number": batch["total_files"], "files": files}
    connection.execute(
        insert(batch_chunks).values(batch_id=batch["id"], request_sha256=request_sha256, **values)
    )
    return Chunk(batch=batch_of(batch), total_files=total_files, **values)


def _known_chunk(
    connection: Connection, batch: Mapping[Any, Any], request_sha256: str
) -> Chunk | None:
    query = select(batch_chunks).where(
        batch_chunks.c.batch_id == batch["id"], batch_chunks.c.request_sha256 == request_sha256
    )
    row = connection.execute(query).mappings().first()
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
