"""The database of this installation: `read` and `write` take a function and hand it a connection.

    jobs = await database.read(lambda connection: connection.execute(QUERY).all())

All that one call does is one transaction, and as cheap as one statement. Where a transaction has to
wait for something else in between, there are `session()` to read and `begin()` to write.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from imgproxy_py.database.direct import Direct
from imgproxy_py.database.sqlite import READER, async_engine, has_file

T = TypeVar("T")


class Database:
    """A pool of connections to `sqlite:///path` (or `sqlite:///:memory:` in a test)."""

    def __init__(self, url: str) -> None:
        self._engine = async_engine(url)
        self._reader = self._engine.execution_options(**READER)
        # Of a database in memory every connection would be another one.
        self._direct = Direct(url) if has_file(url) else None
        self._turn = asyncio.Lock()

    @property
    def engine(self) -> AsyncEngine:
        return self._engine

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, alone in its turn, committed at the end, or not at all.

        `work` runs in a thread, so it touches nothing but its connection and its own values.
        Whoever is cancelled meanwhile stops waiting; a transaction that has begun may go on.
        """
        async with self._turn:
            if self._direct is not None:
                return await self._direct.write(work)
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, of one moment; it waits for no writer, and nothing it did is kept."""
        if self._direct is not None:
            return await self._direct.read(work)
        async with self._reader.connect() as connection:
            return await connection.run_sync(work)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; it waits for no writer, and nothing it did is kept."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session for writing: alone in its turn, committed at the end, or not at all.

        Writers of one process queue here, in order: SQLite's own waiting is a sleep that doubles,
        and whoever waits long waits longest. One inside another would wait for ever.
        """
        async with (
            self._turn,
            AsyncSession(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            # The transaction starts at the first statement otherwise, as late as that may be.
            await session.connection()
            yield session

    async def dispose(self) -> None:
        """Close every connection."""
        if self._direct is not None:
            await self._direct.dispose()
        await self._engine.dispose()
