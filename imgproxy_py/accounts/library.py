"""What accounts keep for good, in the database: whose it is, and how much.

The bytes lie in the store, once for all who keep the same; what may be deleted there is asked here.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert as upsert

from imgproxy_py.accounts.tables import library_results as rows
from imgproxy_py.database.database import Database
from imgproxy_py.moments import utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResult:
    """One result of an account's library. `sha256` names its bytes; sizes are in pixels."""

    result_id: str
    account_id: str
    sha256: str
    bytes: int
    media_type: str
    width: int
    height: int
    filename: str
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySize:
    """`bytes` are counted once where several results have the same."""

    results: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """`is_last`: nobody else keeps these bytes."""

    sha256: str
    is_last: bool


class Library:
    """The libraries of all accounts. `now` gives the time of what is kept from then on."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        self._database = database

    async def keep(self, kept: KeptResult) -> None:
        """Enter it; what stood there under its id is replaced, but for the time."""
        new = upsert(rows).values(asdict(kept))
        replaced = {
            name: new.excluded[name]
            for name in ("sha256", "bytes", "media_type", "width", "height", "filename")
        }
        statement = new.on_conflict_do_update(index_elements=[rows.c.result_id], set_=replaced)
        await self._database.write(lambda connection: connection.execute(statement))

    async def has(self, result_id: str) -> bool:
        query = select(rows.c.result_id).where(rows.c.result_id == result_id)
        found = await self._database.read(lambda connection: connection.execute(query).first())
        return found is not None

    async def page(
        self, account_id: str, *, before: tuple[datetime, str] | None = None, limit: int
    ) -> list[KeptResult]:
        """What an account keeps, the newest first, from beyond the time and id `before`."""
        query = select(rows).where(rows.c.account_id == account_id)
        if before is not None:
            query = query.where(tuple_(rows.c.kept_at, rows.c.result_id) < before)
        query = query.order_by(rows.c.kept_at.desc(), rows.c.result_id.desc()).limit(limit)
        return await self._database.read(
            lambda connection: [KeptResult(**row) for row in connection.execute(query).mappings()]
        )

    async def size(self, account_id: str) -> LibrarySize:
        mine = rows.c.account_id == account_id
        contents = select(rows.c.sha256, rows.c.bytes).where(mine).distinct().subquery()
        count = select(func.count()).select_from(rows).where(mine)
        total = select(func.coalesce(func.sum(contents.c.bytes), 0))

        def both(connection: Connection) -> LibrarySize:
            return LibrarySize(
                results=connection.execute(count).scalar_one(),
                bytes=connection.execute(total).scalar_one(),
            )

        return await self._database.read(both)

    @asynccontextmanager
    async def removing(self, account_id: str, result_id: str) -> AsyncIterator[Removed | None]:
        """Take one out; None when this account keeps no such result.

        The block deletes the bytes. Until it ends nobody can enter the same bytes, so whoever does
        that next sees that they are gone.
        """
        statement: Any = (
            delete(rows)
            .where(rows.c.account_id == account_id, rows.c.result_id == result_id)
            .returning(rows.c.sha256)
        )
        async with self._database.begin() as session:
            sha256 = (await session.execute(statement)).scalar()
            if sha256 is None:
                yield None
                return
            others = select(func.count()).select_from(rows).where(rows.c.sha256 == sha256)
            is_last = (await session.execute(others)).scalar_one() == 0
            yield Removed(sha256=sha256, is_last=is_last)
