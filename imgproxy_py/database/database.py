"""The database of this installation: `session()` to read, `begin()` to write.

SQLite under several processes loses updates in the driver's default mode, which takes its lock
only at the first write, after the value was read. Here a writing transaction begins with BEGIN
IMMEDIATE and so waits for its turn before it reads anything.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# How long a writer waits for another one. Our transactions last milliseconds; a backup or a
# full disk that holds the lock for longer is an error worth seeing.
LOCK_WAIT_SECONDS = 30

_IS_READER = "imgproxy_py_is_reader"


class Database:
    """A pool of connections to `sqlite:///path` (or `sqlite:///:memory:` in a test)."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._reader = self._engine.execution_options(**{_IS_READER: True})
        self._turn = asyncio.Lock()

    @property
    def engine(self) -> AsyncEngine:
        return self._engine

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
        await self._engine.dispose()


def _engine(url: str) -> AsyncEngine:
    target = make_url(url).set(drivername="sqlite+aiosqlite")
    if target.database and target.database != ":memory:":
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        target,
        # The driver must not open transactions by itself: the event below does.
        connect_args={"isolation_level": None, "timeout": LOCK_WAIT_SECONDS},
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # First, since the others may have to wait for a lock.
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS * 1000}")
    # Readers and a writer at the same time; the file remembers it, so only the first start sets it.
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchone() != ("wal",):
        cursor.execute("PRAGMA journal_mode = WAL")
    # In WAL mode safe against everything but the loss of the last commits at a power cut
    # (https://sqlite.org/pragma.html#pragma_synchronous).
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    is_reader = connection.get_execution_options().get(_IS_READER, False)
    connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")
