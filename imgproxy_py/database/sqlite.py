"""SQLite as we use it: every connection is set up alike, and writers take their turn at BEGIN.

SQLite under several processes loses updates in the driver's default mode, which takes its lock
only at the first write, after the value was read. Here a writing transaction begins with BEGIN
IMMEDIATE and so waits for its turn before it reads anything.
"""

from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# How long a writer waits for another one. Our transactions last milliseconds; a backup or a
# full disk that holds the lock for longer is an error worth seeing.
LOCK_WAIT_SECONDS = 30

_IS_READER = "imgproxy_py_is_reader"
# The driver must not open transactions by itself: the event below does.
_CONNECT_ARGS: dict[str, object] = {"isolation_level": None, "timeout": LOCK_WAIT_SECONDS}
READER: dict[str, object] = {_IS_READER: True}


def has_file(url: str) -> bool:
    """Whether other connections see the same: a database in memory has only one."""
    return make_url(url).database not in (None, "", ":memory:")


def async_engine(url: str) -> AsyncEngine:
    """Each of its connections has a thread of its own, and every statement is a visit there."""
    engine = create_async_engine(_target(url, "sqlite+aiosqlite"), connect_args=_CONNECT_ARGS)
    _listen(engine.sync_engine)
    return engine


def engine_for_threads(url: str, *, connections: int) -> Engine:
    """For threads that hand over whole transactions; a connection goes from one to another."""
    engine = create_engine(
        _target(url, "sqlite+pysqlite"),
        pool_size=connections,
        max_overflow=0,
        connect_args=_CONNECT_ARGS | {"check_same_thread": False},
    )
    _listen(engine)
    return engine


def _target(url: str, driver: str) -> URL:
    target = make_url(url).set(drivername=driver)
    if has_file(url):
        Path(str(target.database)).parent.mkdir(parents=True, exist_ok=True)
    return target


def _listen(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


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
