"""Batches in the database: how far they have come, and what is in them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import JSON, RowMapping, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Batch, BatchProgress, Rejection
from imgproxy_py.jobs.errors import BatchNotFound
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.rows import job_of
from imgproxy_py.jobs.shared_look import SharedLook
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import batch_rejections, batches, jobs


class BatchRepository:
    """Reads; what comes in is written by batch_chunks.py."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._progress = SharedLook(self._counted)

    async def find(self, account_id: str, client_batch_id: str) -> Batch:
        """A batch of this account; BatchNotFound."""
        async with self._database.session() as session:
            row = await find_row(session, account_id, client_batch_id)
        if row is None:
            raise BatchNotFound
        return batch_of(row)

    async def progress(self, batch_id: str) -> BatchProgress:
        """As it is now, or a moment later. Of those who ask at the same time one look is enough:
        polling has no limit, and must not take the database from everybody else."""
        return await self._progress.at(batch_id)

    async def _counted(self, batch_id: str) -> BatchProgress:
        """By the database: fifty thousand rows take it a sixth of a second."""
        figures = type_coerce(jobs.c.result, JSON)
        by_state = (
            select(
                jobs.c.state,
                func.count(),
                func.coalesce(func.sum(figures["source_bytes"].as_integer()), 0),
                func.coalesce(func.sum(figures["result_bytes"].as_integer()), 0),
            )
            .where(jobs.c.batch_id == batch_id)
            .group_by(jobs.c.state)
        )
        rejections = select(func.count()).where(batch_rejections.c.batch_id == batch_id)
        async with self._database.session() as session:
            rows = (await session.execute(by_state)).all()
            rejected = (await session.execute(rejections)).scalar_one()
        return BatchProgress(
            counts=MappingProxyType({State(state): count for state, count, _, _ in rows}),
            rejected=rejected,
            source_bytes=sum(row[2] for row in rows),
            result_bytes=sum(row[3] for row in rows),
        )

    async def items(self, batch_id: str, *, after: int, limit: int) -> tuple[Job, ...]:
        """Jobs in the order of their numbers, from beyond the number `after`."""
        query = (
            select(jobs)
            .where(jobs.c.batch_id == batch_id, jobs.c.number > after)
            .order_by(jobs.c.number)
            .limit(limit)
        )
        async with self._database.session() as session:
            return tuple(job_of(row) for row in (await session.execute(query)).mappings())

    async def rejections(self, batch_id: str, *, limit: int) -> tuple[Rejection, ...]:
        """The first of them, as they came; their `index` counts on."""
        query = (
            select(batch_rejections)
            .where(batch_rejections.c.batch_id == batch_id)
            .order_by(batch_rejections.c.chunk, batch_rejections.c.id)
            .limit(limit)
        )
        async with self._database.session() as session:
            rows = (await session.execute(query)).mappings().all()
        return tuple(
            Rejection(
                index=index, filename=row["filename"], code=row["code"], message=row["message"]
            )
            for index, row in enumerate(rows)
        )


async def find_row(
    session: AsyncSession, account_id: str, client_batch_id: str
) -> RowMapping | None:
    """The row of a batch, when the account has one of this name."""
    query = select(batches).where(
        batches.c.account_id == account_id, batches.c.client_batch_id == client_batch_id
    )
    return (await session.execute(query)).mappings().first()


def batch_of(row: Mapping[Any, Any]) -> Batch:
    return Batch(
        id=row["id"],
        account_id=row["account_id"],
        client_batch_id=row["client_batch_id"],
        chunks=row["chunks"],
        created_at=row["created_at"],
    )
