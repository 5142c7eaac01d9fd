"""Batches in the database: how far they have come, and what is in them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Batch, BatchProgress, Rejection
from imgproxy_py.jobs.batch_count import BatchCounter, counted, look
from imgproxy_py.jobs.errors import BatchNotFound
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.rows import job_of
from imgproxy_py.jobs.shared_look import SharedLook
from imgproxy_py.jobs.tables import batch_rejections, batches, jobs

# Made once: building one costs more time than running it.
_BATCH = select(batches).where(
    batches.c.account_id == bindparam("account"), batches.c.client_batch_id == bindparam("name")
)
_ITEMS = (
    select(jobs)
    .where(jobs.c.batch_id == bindparam("batch"), jobs.c.number > bindparam("after"))
    .order_by(jobs.c.number)
    .limit(bindparam("limit"))
)
_REJECTIONS = (
    select(batch_rejections)
    .where(batch_rejections.c.batch_id == bindparam("batch"))
    .order_by(batch_rejections.c.chunk, batch_rejections.c.id)
    .limit(bindparam("limit"))
)


class BatchRepository:
    """Reads; what comes in is written by batch_chunks.py."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counter = BatchCounter()
        self._progress = SharedLook(self._counted)

    async def find(self, account_id: str, client_batch_id: str) -> Batch:
        """A batch of this account; BatchNotFound."""
        asked = {"account": account_id, "name": client_batch_id}
        row = await self._database.read(
            lambda connection: connection.execute(_BATCH, asked).mappings().first()
        )
        if row is None:
            raise BatchNotFound
        return batch_of(row)

    async def progress(self, batch_id: str) -> BatchProgress:
        """As it is now, or a moment later. Of those who ask at the same time one look is enough:
        polling has no limit, and must not take the database from everybody else."""
        return await self._progress.at(batch_id)

    async def _counted(self, batch_id: str) -> BatchProgress:
        before = self._counter.before(batch_id)
        shares, rejected = await self._database.read(
            lambda connection: look(connection, batch_id, since=before.until)
        )
        all_of_it, over = counted(before, shares)
        self._counter.remember(batch_id, before, over)
        return all_of_it.progress(rejected=rejected)

    async def items(self, batch_id: str, *, after: int, limit: int) -> tuple[Job, ...]:
        """Jobs in the order of their numbers, from beyond the number `after`."""
        asked = {"batch": batch_id, "after": after, "limit": limit}
        return await self._database.read(
            lambda connection: tuple(
                job_of(row) for row in connection.execute(_ITEMS, asked).mappings()
            )
        )

    async def rejections(self, batch_id: str, *, limit: int) -> tuple[Rejection, ...]:
        """The first of them, as they came."""
        asked = {"batch": batch_id, "limit": limit}
        rows = await self._database.read(
            lambda connection: connection.execute(_REJECTIONS, asked).mappings().all()
        )
        return tuple(
            Rejection(
                index=row["place"],
                filename=row["filename"],
                code=row["code"],
                message=row["message"],
                chunk=row["chunk"],
            )
            for row in rows
        )


def batch_of(row: Mapping[Any, Any]) -> Batch:
    return Batch(
        id=row["id"],
        account_id=row["account_id"],
        client_batch_id=row["client_batch_id"],
        chunks=row["chunks"],
        total_files=row["total_files"],
        created_at=row["created_at"],
    )
